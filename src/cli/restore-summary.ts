import { z } from 'zod';
import type { Conflicts, RestorePlan, RestoreResult } from '../domain/restore.js';
import { formatSize } from '../domain/units.js';
import { plural, printableText } from './format.js';

/** Conflicts that people are shown; the rest is in the report. */
const SHOWN_CONFLICTS = 10;

const Amount = z.object({ files: z.number(), bytes: z.number() });
const about = { at: z.string(), notes: z.array(z.string()).exactOptional() };
const figures = {
  source: z.union([
    z.object({
      ...{ ...about, repository: z.string(), snapshotId: z.string() },
      partial: z.literal(true).exactOptional(),
    }),
    z.object({ ...about, remote: z.string() }),
  ]),
  target: z.string(),
  targets: z.array(z.string()).exactOptional(),
  restored: Amount,
  unchanged: Amount,
  conflicts: z.object({
    count: z.number(),
    first: z.array(
      z.object({
        path: z.string(),
        encoded: z.literal(true).exactOptional(),
        action: z.enum(['kept', 'replaced', 'renamed']),
        kindDiffers: z.literal(true).exactOptional(),
      }),
    ),
    report: z.string().exactOptional(),
  }),
  replaced: Amount,
};
const Plan: z.ZodType<RestorePlan> = z.object(figures);
const Result: z.ZodType<RestoreResult> = z.object({
  ...figures,
  replaced: Amount.extend({ keptAt: z.string().exactOptional() }),
  verified: Amount,
});

/** The plan in a run's result; undefined if it holds none. */
export const planOf = (result: unknown): RestorePlan | undefined => Plan.safeParse(result).data;

/** A plan for people. */
export const restorePlanLines = (plan: RestorePlan): string[] =>
  [...sourceLines(plan), ...movedLines(plan), ...conflictLines(plan.conflicts, 'will be')].map(printableText);

/** What a restore did, for people; empty for any other result. */
export function restoredLines(result: unknown): string[] {
  const restored = Result.safeParse(result).data;
  if (restored === undefined) return [];
  const { verified, replaced } = restored;
  const lines = [
    ...sourceLines(restored),
    ...movedLines(restored),
    `${plural(verified.files, 'file')}, ${formatSize(verified.bytes)} compared with the ${'remote' in restored.source ? 'mirror' : 'snapshot'}`,
    ...conflictLines(restored.conflicts, 'was'),
  ];
  if (replaced.keptAt !== undefined) {
    lines.push(`what was replaced is kept at ${replaced.keptAt}; to undo:`);
    lines.push(...undoLines(replaced.keptAt, restored.conflicts).map((line) => `  ${line}`));
  }
  return lines.map(printableText);
}

/** What a restore did, in a few words; empty for any other result. */
export function restoredText(result: unknown): string {
  const restored = Result.safeParse(result).data;
  return restored === undefined ? '' : printableText(movedLines(restored)[0] ?? '');
}

/** Where files come from, for people. */
export function sourceLines({ source }: Pick<RestorePlan, 'source'>): string[] {
  const { at, notes = [] } = source;
  if ('remote' in source) return [`from the mirror on ${source.remote} as of ${at.slice(0, 19)}Z`, ...notes];
  const { repository, snapshotId, partial } = source;
  const what = `from snapshot ${snapshotId.slice(0, 8)} of ${at.slice(0, 19)}Z in ${repository}`;
  return [partial ? `${what}, which is partial: some files could not be read then` : what, ...notes];
}

function movedLines({ restored, unchanged, target, targets }: RestorePlan): string[] {
  const amount = `${plural(restored.files, 'file')}, ${formatSize(restored.bytes)}`;
  const same = unchanged.files === 0 ? [] : [`${plural(unchanged.files, 'file')} there already, and equal`];
  return [`${amount} to ${(targets ?? [target]).join(', ')}`, ...same];
}

function conflictLines({ count, first, report }: Conflicts, tense: string): string[] {
  if (count === 0) return [];
  const all = report === undefined ? [] : [`  all of them: ${report}`];
  const named = first.slice(0, SHOWN_CONFLICTS).map(({ path, action }) => `  ${path} ${tense} ${action}`);
  return [`${plural(count, 'file')} there already, and different:`, ...named, ...all];
}

/** Commands that put back what was replaced. cp(1) puts no folder over a file, nor a file over a folder. */
export function undoLines(keptAt: string, { first, count, report }: Conflicts): string[] {
  const root = rootOf(keptAt);
  const inTheWay = first.filter(({ kindDiffers, action }) => kindDiffers === true && action === 'replaced');
  const moves = inTheWay.map(({ path, encoded }) => {
    const [from, to] = [path, `${path}.undone`].map((one) => `${quoted(root)}/${quoted(one, encoded)}`);
    return `mv -T ${from ?? ''} ${to ?? ''}`;
  });
  const all =
    count > first.length ? [`# and so for each other "kindDiffers":true in ${quoted(report ?? '')}`] : [];
  return [...moves, ...all, `cp -a --remove-destination ${quoted(`${keptAt}/.`)} ${quoted(root)}`];
}

/** Root of the volume that has a `.fts/replaced/<id>`. */
const rootOf = (keptAt: string): string => keptAt.replace(/\/\.fts\/replaced\/[^/]+$/, '') || '/';

/** For a shell; bash, where the name is `encoded`. */
const quoted = (path: string, encoded?: true): string => {
  if (encoded) return `$'${path.replaceAll("'", String.raw`\'`)}'`;
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
};
