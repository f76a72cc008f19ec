import { rename } from 'node:fs/promises';
import { localNameOfRclone, pathOfRcloneName } from '../domain/rclone-names.js';
import { NameList } from './mirror-files.js';
import type { ListedFile } from './mirror-listing.js';
import { bytesOf, listedFiles } from './mirror-lists.js';
import { textOf } from './mirror-source.js';

/** Files that were taken out of a listing, by their paths in the listed folder. */
export interface LeftOut {
  /** Of the newest version at that time the upload had broken off, or was under way. */
  unfinished: string[];
  /** There is a folder of the same name too, which is brought back. */
  shadowed: string[];
  /** rclone can bring nothing of that name to this machine. */
  unholdable: string[];
}

/** Takes out of a listing, of a mirror as it is or was, what cannot be had. */
export async function leaveOutUnavailable(file: string, { isPast }: { isPast: boolean }): Promise<LeftOut> {
  return {
    unfinished: isPast ? await leaveOut(file, isUnfinished) : [],
    unholdable: await leaveOut(file, isUnholdable),
    shadowed: await leaveOutShadowed(file),
  };
}

/**
 * At a past time B2 tells large files whose upload was never finished as if they were there, without size and hash. Nothing can be
 * had of them, and they hide the version before.
 */
const isUnfinished = ({ size, sha1 }: ListedFile): boolean => size === 0 && sha1 === '';

/** Any name can be in a bucket: folders called nothing, `.` or `..`, which rclone lists as `．` and `．．`, and names that are too long. */
function isUnholdable({ name }: ListedFile): boolean {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part.length > LONGEST_NAME)) return true;
  return parts.slice(0, -1).some((part) => DOTS.has(part) || isRenamed(part));
}

/** Bytes; Linux, NAME_MAX. */
const LONGEST_NAME = 255;

const DOTS: ReadonlySet<string> = new Set(['．', '．．'].map(bytesOf));
const QUOTE = bytesOf('‛');

/** A folder that rclone 1.71 makes under another name, and does not find again. */
function isRenamed(part: string): boolean {
  if (!part.includes(QUOTE)) return false;
  return localNameOfRclone(textOf(part)) !== pathOfRcloneName(textOf(part));
}

/** A bucket can have `a` and `a/b`, as while the deletion of a file waits for a person that became a folder. */
async function leaveOutShadowed(file: string): Promise<string[]> {
  const shadowed = new Set<string>();
  let above: string[] = [];
  for await (const { name } of listedFiles(file)) {
    above = above.filter((one) => name.startsWith(one)); // sorted: what begins alike stands together
    for (const one of above) if (name[one.length] === '/') shadowed.add(one);
    above.push(name);
  }
  return shadowed.size === 0 ? [] : leaveOut(file, ({ name }) => shadowed.has(name));
}

/** Takes files out of a listing; their paths. */
async function leaveOut(file: string, isLeftOut: (listed: ListedFile) => boolean): Promise<string[]> {
  const names: string[] = [];
  for await (const listed of listedFiles(file)) if (isLeftOut(listed)) names.push(textOf(listed.name));
  if (names.length === 0) return [];
  const rest = new NameList(`${file}.rest`);
  for await (const listed of listedFiles(file))
    if (!isLeftOut(listed)) rest.add([listed.size, listed.mtime, listed.name, listed.sha1].join('\t'));
  rest.close();
  await rename(`${file}.rest`, file);
  return names.map(pathOfRcloneName);
}
