import { formatDuration, formatSize } from '../domain/units.js';
import type { JobState } from '../domain/job-state.js';
import { type Paint, type Style, paintFor } from './colour.js';
import { coverageText } from './check-summary.js';
import { formatTime, printableText } from './format.js';
import { rebuildLines } from './rebuild-status.js';
import { movedText } from './run-summary.js';
import type { GatheredStatus } from './status-gather.js';
import type { JobStatus } from './status-jobs.js';
import { statusAdvice } from './status-advice.js';
import { table } from './table.js';

const STATE_STYLE: Record<JobState, Style> = {
  running: 'cyan',
  held: 'yellow',
  failing: 'red',
  overdue: 'red',
  paused: 'dim',
  never: 'dim',
  ok: 'green',
};

/** The status for people: one line a job, then volumes and workers, then what to do. */
export function statusText(gathered: GatheredStatus): string {
  const paint = paintFor(process.stdout);
  const { view } = gathered;
  const verdict = view.healthy ? paint('green', 'healthy') : paint('red', 'not healthy');
  const server =
    view.temporal === 'up' ? 'Temporal is up' : paint('red', 'Temporal is away: from the last records');
  const blocks = [
    `${view.estate} at ${formatTime(new Date(view.at), { timeZone: gathered.timezone })}: ${verdict} (${server})`,
  ];
  const now = Date.parse(view.at);
  if (view.jobs.length > 0) {
    const head = ['JOB', 'STATE', 'LAST SUCCESS', 'NEXT', 'LAST RUN'];
    blocks.push(
      table(
        head,
        view.jobs.map((job) => jobRow(job, now, paint)),
      ),
    );
  }
  blocks.push(
    table(
      ['VOLUME', 'STATE', 'HOST', 'FREE', 'MOUNTPOINT'],
      gathered.volumes.map((v) => volumeRow(v, paint)),
    ),
  );
  blocks.push(
    table(
      ['WORKER', 'STATE', 'LAST SEEN'],
      view.workers.map((worker) => workerRow(worker, now, paint)),
    ),
  );
  if (view.rebuilds.length > 0) blocks.push(rebuildLines(view.rebuilds).join('\n'));
  const advice = statusAdvice(gathered);
  if (advice.length > 0)
    blocks.push([paint('bold', 'What to do'), ...advice.map((line) => `  ${line}`)].join('\n'));
  return blocks.join('\n\n');
}

function jobRow(
  { job, state, ageSeconds, sloSeconds, next, lastOutcome, result, coverage, hold }: JobStatus,
  now: number,
  paint: Paint,
) {
  const age = ageSeconds === null ? 'never' : `${formatDuration(ageSeconds)} ago`;
  const allowed = sloSeconds === null ? '' : ` (max ${formatDuration(sloSeconds)})`;
  const due = next === null ? '-' : `in ${formatDuration((Date.parse(next) - now) / 1000)}`;
  const moved = coverage ? coverageText(coverage) : movedText(result);
  const isRejected = typeof hold?.rejectedAt === 'string';
  const ended = isRejected ? 'held, rejected' : lastOutcome;
  const outcome = ended === null || ended === 'complete' ? '' : ended;
  const did = [outcome, moved].filter((part) => part !== '').join(': ');
  return [job, paint(STATE_STYLE[state], state), age + allowed, due, did || '-'];
}

function volumeRow({ status }: GatheredStatus['volumes'][number], paint: Paint): string[] {
  const { volume, host, state, mountpoint, totalBytes, freeBytes } = status;
  const free =
    freeBytes === null || totalBytes === null ? '-' : `${formatSize(freeBytes)} of ${formatSize(totalBytes)}`;
  const style = state === 'healthy' ? 'green' : state === 'unknown' ? 'yellow' : 'red';
  return [volume, paint(style, state), host, free, printableText(mountpoint)];
}

function workerRow(
  { queue, state, lastSeen }: GatheredStatus['view']['workers'][number],
  now: number,
  paint: Paint,
) {
  const seen = lastSeen === null ? '-' : `${formatDuration((now - Date.parse(lastSeen)) / 1000)} ago`;
  return [queue, paint(state === 'up' ? 'green' : 'red', state), seen];
}
