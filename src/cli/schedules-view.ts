import type { ScheduleChange, ScheduleDiff } from '../../schedules/diff.js';
import type { ScheduleView } from '../../schedules/list.js';
import { cronInWords } from './cron-words.js';
import { formatTime } from './format.js';
import { table } from './table.js';

/** One line about what was done: `2 created, 1 updated, 5 unchanged`. */
export function summaryOf({ create, update, remove, unchanged }: ScheduleDiff): string {
  const parts = [
    [create.length, 'created'],
    [update.length, 'updated'],
    [remove.length, 'removed'],
    [unchanged.length, 'unchanged'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`);
  return told.length === 0 ? 'none declared' : told.join(', ');
}

/** A line a schedule that differs, and one for each of its differences. */
export function diffLines({ create, update, remove }: ScheduleDiff): string[] {
  return [
    ...create.map((id) => `+ ${id}`),
    ...update.flatMap(({ id, changes }) => [`~ ${id}`, ...changes.map(changeLine)]),
    ...remove.map((id) => `- ${id}`),
  ];
}

const changeLine = ({ key, from, to }: ScheduleChange): string =>
  `    ${key}: ${String(from ?? 'none')} → ${String(to ?? 'none')}`;

/** Lists of at most 50, and how many there are of each. */
export function diffJson({ create, update, remove, unchanged }: ScheduleDiff) {
  const counts = { create: create.length, update: update.length, remove: remove.length };
  const most = 50;
  return {
    create: create.slice(0, most),
    update: update.slice(0, most),
    remove: remove.slice(0, most),
    unchanged: unchanged.length,
    counts,
  };
}

/** The schedules in place, as a table. */
export function scheduleTable(schedules: readonly ScheduleView[]): string {
  const rows = schedules.map(({ job, cron, timezone, paused, note, next, last }) => [
    job,
    `${cronInWords(cron)} (${timezone})`,
    next[0] === undefined ? '-' : formatTime(new Date(next[0]), { timeZone: timezone }),
    last === null ? 'never' : formatTime(new Date(last.at), { timeZone: timezone }),
    paused ? `paused${note === null ? '' : `: ${note}`}` : '',
  ]);
  return table(['JOB', 'WHEN', 'NEXT', 'LAST FIRED', 'STATE'], rows);
}
