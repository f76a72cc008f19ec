import { z } from 'zod';
import type { Omitted } from '../domain/mirror.js';
import { formatSize } from '../domain/units.js';
import { formatCount, plural, printableText } from './format.js';

/** Unreadable files that are named after a partial run; the rest is in the host's report. */
const NAMED_PROBLEMS = 10;

/** What a mirror leaves out: the noun, and more about it. */
const LEFT_OUT: Record<keyof Omitted, [string, string?]> = {
  fifos: ['FIFO'],
  sockets: ['socket'],
  devices: ['device'],
  notUtf8: ['name', 'not in UTF-8'],
  collisions: ['name', 'under which a link is stored'],
  tooLong: ['name', 'too long for the remote'],
  mounts: ['folder', 'with something mounted on it'],
};

const Removal = z.object({ files: z.number(), bytes: z.number() });

const MirrorFigures = z.object({
  transferred: Removal,
  deleted: Removal,
  verified: Removal,
  omitted: z.record(z.string(), z.number()),
  plan: z.object({ transfers: z.number(), changes: z.number(), deletes: z.number() }),
  returned: z.number().optional(),
  unreadable: z
    .object({
      count: z.number(),
      first: z.array(z.object({ path: z.string(), message: z.string() })),
      report: z.string(),
    })
    .optional(),
});

/** What a mirror did, in a few words: `3 uploaded, 12 MiB · 1 deleted`; undefined for any other result. */
export function mirrorText(result: unknown): string | undefined {
  const figures = MirrorFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const { transferred, deleted } = figures;
  return `${formatCount(transferred.files)} uploaded, ${formatSize(transferred.bytes)} · ${formatCount(deleted.files)} deleted`;
}

/** What a mirror did, for people; undefined for any other result. */
export function mirrorLines(result: unknown): string[] | undefined {
  const figures = MirrorFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const { transferred, deleted, verified, omitted, plan, returned, unreadable } = figures;
  const planned = [
    `${formatCount(plan.transfers - plan.changes)} new`,
    `${formatCount(plan.changes)} changed`,
  ];
  const lines = [
    `plan: ${planned.join(', ')}, ${plural(plan.deletes, 'file')} to delete`,
    `${plural(transferred.files, 'file')} uploaded, ${formatSize(transferred.bytes)}`,
    `${plural(deleted.files, 'file')} deleted, ${formatSize(deleted.bytes)}`,
    `${plural(verified.files, 'file')} read back and compared, ${formatSize(verified.bytes)}`,
  ];
  if (returned !== undefined) lines.push(`${plural(returned, 'file')} came back meanwhile and stayed`);
  const left = Object.entries(LEFT_OUT).flatMap(([kind, [noun, ...more]]) => {
    const count = omitted[kind] ?? 0;
    return count === 0 ? [] : [[plural(count, noun), ...more].join(' ')];
  });
  if (left.length > 0) lines.push(`left out: ${left.join(', ')}`);
  if (unreadable !== undefined) {
    lines.push(`${plural(unreadable.count, 'file')} could not be read:`);
    for (const { path, message } of unreadable.first.slice(0, NAMED_PROBLEMS))
      lines.push(`  ${path}: ${message}`);
    lines.push(`all of them: ${unreadable.report}`);
  }
  return lines.map(printableText);
}
