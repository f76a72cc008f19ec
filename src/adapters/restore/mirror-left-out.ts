import { rename } from 'node:fs/promises';
import { isNameOnDisk, pathOfRcloneName } from '../../domain/rclone-names.js';
import { NameList } from '../mirror/files.js';
import type { ListedFile } from '../mirror/listing.js';
import { listedFiles } from '../mirror/lists.js';
import { textOf } from '../mirror/source.js';

/** Files that were taken out of a listing, by their paths in the listed folder. */
export interface LeftOut {
  /** Of the newest version at that time the upload had broken off, or was under way. */
  unfinished: string[];
  /** There is a folder of the same name too, which is brought back. */
  shadowed: string[];
  /** No file of this machine can have such a name. */
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

/** Any name can be in a bucket: one that no file of a disk can have would lead elsewhere, as names are taken as they are (`runRclone`). */
const isUnholdable = ({ name }: ListedFile): boolean =>
  !isNameOnDisk(textOf(name)) || name.split('/').some((part) => part === '' || part.length > LONGEST_NAME);

/** Bytes; Linux, NAME_MAX. */
const LONGEST_NAME = 255;

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
