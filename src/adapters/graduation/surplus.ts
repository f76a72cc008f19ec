import { readlink } from 'node:fs/promises';
import type { Move } from '../../domain/graduation.js';
import type { GraduationContext } from './context.js';
import type { Published } from './published.js';
import { startComparison } from '../project/compare.js';
import { scanPlace } from '../project/look.js';
import { pathOf, type Place } from '../project/rename.js';
import { isErrno } from '../state.js';

/**
 * Whether the project in the archive still has all that its hidden source has: it is as it was published, or somebody
 * added to it and changed no file and no link of it. One with another name has to be like it in all, and the same byte
 * for byte. Of a source that is partly deleted, the rest counts.
 */
export async function isSurplus(
  { signal }: GraduationContext,
  { step, likeness }: Move,
  { hidden, published: { place: destination, renamed } }: { hidden: Place; published: Published },
): Promise<boolean> {
  const isLike = (await scanPlace(destination, { signal })).likeness === likeness;
  if (renamed && !isLike) return false;
  if (!renamed && step !== 'sweeping' && isLike) return true;
  const comparison = startComparison({ left: pathOf(hidden), right: pathOf(destination) }, () => undefined);
  const links: { path: Buffer; target: Buffer }[] = [];
  try {
    await scanPlace(hidden, {
      signal,
      onFile: (path, size) => comparison.add(path, size),
      onLink: (path, target) => links.push({ path, target }),
    });
    const { difference } = await comparison.finish(signal);
    if (difference !== undefined) return false;
  } finally {
    await comparison.end();
  }
  for (const { path, target } of links) {
    if (!(await leadsTo(Buffer.concat([pathOf(destination), Buffer.from('/'), path]), target))) return false;
  }
  return true;
}

async function leadsTo(link: Buffer, target: Buffer): Promise<boolean> {
  try {
    return (await readlink(link, 'buffer')).equals(target);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EINVAL')) return false;
    throw error;
  }
}
