import { z } from 'zod';
import type { RebuildPart, RebuildPlan, RebuildResult } from '../domain/rebuild-run.js';
import { formatSize } from '../domain/units.js';
import { formatTime, plural, printableText } from './format.js';
import { sourceLines } from './restore-summary.js';

/** Parts, and conflicts, that people are shown; the rest is in the answer for programs and in the report. */
const SHOWN = 10;

const Amount = z.object({ files: z.number(), bytes: z.number() });
const about = { at: z.string(), notes: z.array(z.string()).exactOptional() };
const Source = z.union([
  z.object({
    ...{ ...about, repository: z.string(), snapshotId: z.string() },
    partial: z.literal(true).exactOptional(),
  }),
  z.object({ ...about, remote: z.string() }),
]);
const named = { path: z.string(), encoded: z.literal(true).exactOptional() };

const Plan: z.ZodType<RebuildPlan> = z.object({
  ...{ volume: z.string(), source: Source, resumes: z.boolean(), restored: Amount, unchanged: Amount },
  parts: z.object({
    ...{ count: z.number(), projects: z.number(), done: z.number() },
    first: z.array(Amount.extend({ ...named, newest: z.string(), project: z.literal(true).exactOptional() })),
  }),
  room: z.number().nullable(),
  without: z.array(z.string()),
});

const Result: z.ZodType<RebuildResult> = z.object({
  ...{ volume: z.string(), source: Source, restored: Amount, unchanged: Amount, verified: Amount },
  parts: z.object({
    ...{ count: z.number(), done: z.number() },
    failed: z.array(z.object({ ...named, type: z.string(), message: z.string() })),
  }),
  conflicts: z.object({
    count: z.number(),
    first: z.array(z.object({ ...named, action: z.enum(['kept', 'replaced', 'renamed']) })),
    report: z.string().exactOptional(),
  }),
  report: z.string(),
});

/** The plan in a run's result; undefined if it holds none. */
export const planOf = (result: unknown): RebuildPlan | undefined => Plan.safeParse(result).data;

const amount = ({ files, bytes }: { files: number; bytes: number }): string =>
  `${plural(files, 'file')}, ${formatSize(bytes)}`;

/** A plan for people. */
export function planLines(plan: RebuildPlan, timeZone: string): string[] {
  const { source, resumes, parts, restored, unchanged, room, without, volume } = plan;
  const left = parts.count - parts.done;
  const lines = [
    ...(resumes
      ? [
          `the rebuild of ${volume} that did not end goes on: ${String(parts.done)} of ${String(parts.count)} parts are back (--restart begins anew)`,
        ]
      : []),
    ...sourceLines({ source }),
    `${plural(left, 'part')} to come back, ${amount(restored)}; ${plural(parts.projects, 'project')} first, the newest first`,
    ...(room === null ? [] : [`${formatSize(room)} may be written to ${volume}`]),
    ...(unchanged.files > 0 && !resumes ? [`${amount(unchanged)} there already, and as it seems equal`] : []),
    `what is on ${volume} stays as it is`,
    ...(without.length > 0 ? [`not in it, as no job saves it there: ${without.join(', ')}`] : []),
    ...partLines(parts.first, left, timeZone),
  ];
  return lines.map(printableText);
}

/** The order in which parts come back. */
export function partLines(first: readonly RebuildPart[], count: number, timeZone: string): string[] {
  const shown = first.slice(0, SHOWN);
  const rows = shown.map(
    ({ path, newest, ...of }) =>
      `  ${path}: ${amount(of)}, changed ${formatTime(new Date(newest), { timeZone })}`,
  );
  return count > shown.length ? [...rows, `  and ${String(count - shown.length)} more`] : rows;
}

/** What a rebuild did, for people; empty for any other result. */
export function rebuiltLines(result: unknown): string[] {
  const rebuilt = Result.safeParse(result).data;
  if (rebuilt === undefined) return [];
  const { source, parts, restored, unchanged, conflicts, verified, report } = rebuilt;
  return [
    ...sourceLines({ source }),
    `${String(parts.done)} of ${plural(parts.count, 'part')} back: ${amount(restored)}`,
    ...(unchanged.files > 0 ? [`${amount(unchanged)} there already, and equal`] : []),
    ...(conflicts.count > 0
      ? [
          `${plural(conflicts.count, 'file')} there already, and different: kept as they are`,
          ...conflicts.first.slice(0, SHOWN).map(({ path }) => `  ${path}`),
          ...(conflicts.report === undefined ? [] : [`  all of them: ${conflicts.report}`]),
        ]
      : []),
    ...parts.failed
      .slice(0, SHOWN)
      .map(({ path, type, message }) => `not back: ${path}: ${type}: ${message}`),
    `${amount(verified)} of the source found on the volume`,
    `all parts: ${report}`,
  ].map(printableText);
}

/** What a rebuild did, in a few words; empty for any other result. */
export function rebuiltText(result: unknown): string {
  const rebuilt = Result.safeParse(result).data;
  if (rebuilt === undefined) return '';
  return `${String(rebuilt.parts.done)} of ${plural(rebuilt.parts.count, 'part')}, ${amount(rebuilt.restored)}`;
}
