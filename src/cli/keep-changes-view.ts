import type { ScheduleDiff } from '../../schedules/diff.js';
import { scheduleId } from '../domain/ids.js';
import type { Keep } from '../domain/retention.js';
import { formatCount, formatTime, plural, printableText } from './format.js';
import type { KeepPreview } from './keep-changes.js';

/** Jobs whose declaration is not the one that their schedule was made for. */
export function redeclaredJobs({ update }: ScheduleDiff, estate: string): Set<string> {
  const prefix = scheduleId(estate, '');
  const changed = update.filter(({ changes }) => changes.some(({ key }) => key.startsWith('declaration.')));
  return new Set(changed.map(({ id }) => id.slice(prefix.length)));
}

/** For people: what each changed `keep` will remove, and until when that stays. Times in the estate's zone. */
export const keepLines = (previews: readonly KeepPreview[], timeZone: string): string[] =>
  previews.flatMap((preview) => {
    const { job, keep, snapshots, removes } = preview;
    const change = keep === null ? '' : `: ${keepText(keep.from)} → ${keepText(keep.to)}`;
    const more = (removes ?? 0) - snapshots.length;
    return [
      `keep of ${job}${change}`,
      ...consequence(preview, timeZone).map((line) => `    ${line}`),
      ...snapshots.map(
        ({ id, time }) => `    - ${id.slice(0, 8)}  ${formatTime(new Date(time), { timeZone })}`,
      ),
      ...(more > 0 ? [`    and ${formatCount(more)} more`] : []),
    ];
  });

function consequence(
  { repository, removes, heldUntil, noticed, error }: KeepPreview,
  timeZone: string,
): string[] {
  if (error) {
    const unknown = `which snapshots would go is not known: ${printableText(error.message)}`;
    return error.hint === undefined ? [unknown] : [unknown, `hint: ${printableText(error.hint)}`];
  }
  if (heldUntil === null) return ['removes no snapshot that the one in force keeps'];
  const what = `removes ${plural(removes ?? 0, 'snapshot')} from ${repository}`;
  if (!noticed) return [`${what}, a day after the next run of the job`];
  const until = formatTime(new Date(heldUntil), { timeZone });
  return [
    Date.parse(heldUntil) > Date.now()
      ? `${what}, not before ${until}`
      : `${what} with the next run of the job`,
  ];
}

const keepText = (keep: Keep): string =>
  Object.entries(keep)
    .map(([period, count]) => `${period} ${String(count)}`)
    .join(', ');
