import { z } from 'zod';
import { formatDuration, formatSize } from '../domain/units.js';
import { formatCount, plural, printableText } from './format.js';

/** Differing files that are named; the rest is in the result. */
const NAMED = 10;

const DrillFigures = z.object({
  snapshotId: z.string(),
  snapshotAge: z.number(),
  compared: z.object({ files: z.number(), bytes: z.number() }),
  mismatches: z.number(),
  differing: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
  notComparable: z.number(),
  negativeControl: z.enum(['caught', 'missed']),
  bytesPerSecond: z.number(),
  coverage: z.object({ projects: z.number(), drilled: z.number(), cycleDays: z.number() }),
  anchor: z.object({ path: z.string(), state: z.enum(['new', 'same', 'changed', 'gone']) }).optional(),
  unlocked: z.literal(true).optional(),
  snapshots: z.array(z.unknown()).default([undefined]),
});

const ANCHOR_WORDS = {
  new: 'is looked at by every drill from now on',
  changed: 'was changed since the last drill',
  gone: 'is looked at from now on: the one before is in no newer snapshot',
};

/** What a drill did, in a few words: `25 files compared, 12 MiB`; undefined for any other result. */
export function drillText(result: unknown): string | undefined {
  const figures = DrillFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const { compared, mismatches } = figures;
  const differ = mismatches > 0 ? ` · ${formatCount(mismatches)} not what was saved` : '';
  return `${plural(compared.files, 'file')} compared, ${formatSize(compared.bytes)}${differ}`;
}

/** What a drill did, for people; undefined for any other result. */
export function drillLines(result: unknown): string[] | undefined {
  const figures = DrillFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const { snapshotId, compared, mismatches, differing, notComparable, anchor, coverage, snapshots } = figures;
  const age = `${formatDuration(figures.snapshotAge)} old`;
  const several = snapshots.length > 1 ? `the oldest of ${String(snapshots.length)}: ` : '';
  const lines = [
    `${several}snapshot ${snapshotId.slice(0, 8)}, ${age}`,
    `${plural(compared.files, 'file')} restored and compared, ${formatSize(compared.bytes)}, ${formatSize(figures.bytesPerSecond)}/s`,
    figures.negativeControl === 'caught'
      ? 'a copy that was altered on purpose was noticed'
      : 'no copy that was altered on purpose was noticed',
    `${formatCount(coverage.drilled)} of ${plural(coverage.projects, 'project')} drilled within ${plural(Math.round(coverage.cycleDays), 'day')}`,
  ];
  if (anchor && anchor.state !== 'same') lines.push(`${anchor.path} ${ANCHOR_WORDS[anchor.state]}`);
  if (figures.unlocked) lines.push('the repository cannot be written, and was read without a lock');
  if (notComparable > 0) lines.push(`${plural(notComparable, 'file')} could not be compared`);
  if (mismatches > 0) {
    lines.push(`${plural(mismatches, 'file')} not what was saved:`);
    for (const { path, message } of differing.slice(0, NAMED)) lines.push(`  ${path}: ${message}`);
  }
  return lines.map(printableText);
}
