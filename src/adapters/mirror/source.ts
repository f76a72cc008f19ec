import { isUtf8 } from 'node:buffer';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { LINK } from '../../domain/mirror-filter.js';
import type { Omitted } from '../../domain/mirror.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import { isErrno } from '../state.js';
import type { ListedFile } from './listing.js';

/** Longest name on B2, bucket left out (bytes; Backblaze's documentation, "Files", "File names"). */
const B2_LONGEST = 1024;

/** Where names go. */
export interface Destination {
  /** Root of the volume. */
  root: string;
  /** rclone's name of the remote's backend, and what it calls the place: `fts:bucket/folder`. */
  remote: { type: string; root: string };
}

/**
 * Of the files that rclone lists under one name, the one that can be mirrored; the others are counted as omitted. That
 * one goes by what the link says itself where the name is that of a link: rclone takes a file of such a name for a
 * link, and then can do nothing at all.
 */
export function mirrored(
  listed: readonly ListedFile[],
  { root, remote }: Destination,
  omitted: Omitted,
): ListedFile | undefined {
  const [file] = listed;
  if (file === undefined) return undefined;
  const omit = (reason: keyof Omitted, count: number): void => {
    if (count > 0) omitted[reason] = (omitted[reason] ?? 0) + count;
  };
  const reason = unmirrorable(file.name, remote);
  if (reason !== undefined) {
    omit(reason, listed.length);
    return undefined;
  }
  const text = textOf(file.name);
  const isLink = text.endsWith(LINK);
  const link = isLink ? lookAtLink(join(root, pathOfRcloneName(text.slice(0, -LINK.length)))) : {};
  omit('collisions', listed.length - (link ? 1 : 0));
  return link && { ...file, ...link };
}

/** Whether the bytes of a listed name (latin1 text) are UTF-8. */
export const isName = (name: string): boolean => isAscii(name) || isUtf8(Buffer.from(name, 'latin1'));

/** The name itself, of one whose bytes are UTF-8. */
export const textOf = (name: string): string =>
  isAscii(name) ? name : Buffer.from(name, 'latin1').toString();

const isAscii = (name: string): boolean => !/[\u0080-\u00ff]/.test(name);

/** Why nothing of that name (latin1 text) can be mirrored; undefined if it can. */
function unmirrorable(name: string, remote: Destination['remote']): keyof Omitted | undefined {
  if (!isName(name)) return 'notUtf8';
  const text = textOf(name);
  const mayBeTooLong = remote.type === 'b2' && name.length + remote.root.length > B2_LONGEST / 3;
  return mayBeTooLong && bytesOnB2(text, remote.root) > B2_LONGEST ? 'tooLong' : undefined;
}

/** rclone stores a backslash as `＼` (three bytes), and that itself as `‛＼`. */
function bytesOnB2(name: string, remoteRoot: string): number {
  const [, folder = ''] = /^[^:]*:\/?[^/]+\/*(.*?)\/*$/.exec(remoteRoot) ?? [];
  const prefix = folder === '' ? '' : `${folder}/`;
  return Buffer.byteLength(prefix + name.replaceAll('＼', '‛＼').replaceAll('\\', '＼'));
}

/** Size and time of a link; undefined if there is none. */
function lookAtLink(path: string): Pick<ListedFile, 'size' | 'mtime'> | undefined {
  try {
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isSymbolicLink()) return undefined;
    return { size: Number(stats.size), mtime: withNanoseconds(stats.mtimeNs) };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG', 'ELOOP')) return undefined;
    throw error;
  }
}

/** As rclone lists a time; `@` and seconds where a year has more digits than four. */
function withNanoseconds(mtimeNs: bigint): string {
  const fraction = ((mtimeNs % BILLION) + BILLION) % BILLION;
  const seconds = Number((mtimeNs - fraction) / BILLION);
  const text =
    seconds >= YEAR_0 && seconds < YEAR_10000
      ? new Date(seconds * 1000).toISOString().slice(0, 19)
      : `@${String(seconds)}`;
  return `${text}.${String(fraction).padStart(9, '0')}Z`;
}

/** Seconds since the epoch. */
const YEAR_0 = -62_167_219_200;
const YEAR_10000 = 253_402_300_800;

const BILLION = 1_000_000_000n;
