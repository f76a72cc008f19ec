import { z } from 'zod';
import type { RecallPlan, RecallResult } from '../domain/recall.js';
import { formatSize } from '../domain/units.js';
import { plural, printableText } from './format.js';

const figures = {
  files: z.number(),
  bytes: z.number(),
  from: z.string(),
  to: z.string(),
  keptAt: z.string().exactOptional(),
};
const Recalled: z.ZodType<RecallResult> = z.object(figures);

const named = { project: z.string(), encoded: z.literal(true).exactOptional() };
const Plan: z.ZodType<RecallPlan> = z.discriminatedUnion('found', [
  z.object({
    found: z.enum(['archived', 'under way']),
    ...named,
    ...figures,
    conflicts: z.array(z.string()),
  }),
  z.object({ found: z.literal('recalled'), ...named, ...figures }),
  z.object({
    found: z.literal('nothing'),
    from: z.string(),
    to: z.string(),
    nearest: z.array(z.string()),
    active: z.boolean(),
  }),
]);

/** The plan in a run's result; undefined if it holds none. */
export const planOf = (result: unknown): RecallPlan | undefined => Plan.safeParse(result).data;

/** A plan for people. */
export function planLines(plan: Exclude<RecallPlan, { found: 'nothing' }>): string[] {
  const lines = [movedText(plan)];
  if (plan.found === 'recalled') return [`${plan.to} is back already`].map(printableText);
  if (plan.found === 'under way') lines.push('a recall that broke off will be finished');
  lines.push(...plan.conflicts.map((conflict) => `conflict: ${conflict}`));
  return lines.map(printableText);
}

/** What a recall did, for people; empty for any other result. */
export function recalledLines(result: unknown): string[] {
  const recalled = Recalled.safeParse(result).data;
  if (recalled === undefined || 'found' in (result as object)) return [];
  const { files, keptAt, to } = recalled;
  if (files === 0 && keptAt === undefined) return [`${to} was back already`].map(printableText);
  const kept = keptAt === undefined ? [] : [`the archive's copy stays at ${keptAt} for a while`];
  return [movedText(recalled), ...kept].map(printableText);
}

/** What a recall did, in a few words; empty for any other result. */
export function recalledText(result: unknown): string {
  const [line] = recalledLines(result);
  return line ?? '';
}

const movedText = ({ files, bytes, from, to }: RecallResult): string =>
  `${plural(files, 'file')}, ${formatSize(bytes)} from ${from} to ${to}`;
