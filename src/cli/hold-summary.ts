import { z } from 'zod';
import { formatSize } from '../domain/units.js';
import { plural, printableText } from './format.js';

const Held = z.object({
  hold: z.object({ reason: z.string(), approveWith: z.string(), expiresAt: z.string() }),
});

/** What a held run waits for, and how to answer it; empty for any other. */
export function holdLines(result: unknown): string[] {
  const hold = Held.safeParse(result).data?.hold;
  if (hold === undefined) return [];
  return [`held: ${hold.reason}`, `approve until ${hold.expiresAt}: ${hold.approveWith}`].map(printableText);
}

const Purged = z.object({
  deleted: z.object({ files: z.number(), bytes: z.number() }),
  changed: z.number().optional(),
  problems: z.object({ count: z.number() }).optional(),
});

/** What a run deleted, for people; empty where nothing is known of deletions. */
export function deletedText(result: unknown): string {
  const purged = Purged.safeParse(result).data;
  if (purged === undefined) return '';
  const { deleted, changed, problems } = purged;
  const parts = [`${plural(deleted.files, 'file')} deleted, ${formatSize(deleted.bytes)}`];
  if (changed !== undefined) parts.push(`${plural(changed, 'file')} changed meanwhile and left`);
  if (problems !== undefined) parts.push(plural(problems.count, 'problem'));
  return parts.join(' · ');
}
