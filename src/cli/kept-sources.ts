import { z } from 'zod';
import { plural, printableText } from './format.js';

const Swept = z.object({
  sources: z.object({
    kept: z.number(),
    reasons: z.array(z.object({ project: z.string(), reason: z.string(), at: z.string().optional() })),
  }),
});

/** The hidden sources that a graduation did not dare to delete, and what to do about them; empty for any other result. */
export function keptSourceLines(result: unknown): string[] {
  const sources = Swept.safeParse(result).data?.sources;
  if (sources === undefined || sources.kept === 0) return [];
  const head = `${plural(sources.kept, 'hidden source')} past the time stays for a person to look at; delete what is not needed:`;
  const named = sources.reasons.map(({ project, reason, at }) => `${at ?? project}: ${reason}`);
  const more = sources.kept - sources.reasons.length;
  return [head, ...named.map((line) => `  ${line}`), ...(more > 0 ? [`  and ${String(more)} more`] : [])].map(
    printableText,
  );
}

/** The same in one line, for `fts status`. */
export function keptSourcesAdvice(job: string, result: unknown): string[] {
  const sources = Swept.safeParse(result).data?.sources;
  if (sources === undefined || sources.kept === 0) return [];
  const [first] = sources.reasons;
  const example = first ? `, such as ${first.at ?? first.project} (${first.reason})` : '';
  return [
    `${job} keeps ${plural(sources.kept, 'hidden source')} past the time${example}: look at each, and delete what is not needed`,
  ];
}
