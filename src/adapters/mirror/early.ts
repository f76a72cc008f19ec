import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type LargeFile, type MirrorPlan, isStill } from '../../domain/mirror.js';
import { type ListedFile, listedFile } from './listing.js';
import { LARGE } from './range.js';
import { isName } from './source.js';
import type { ReadBack } from './verify.js';

/** At most so many files and so many bytes: what is read early is read in vain when the plan finds something to do. */
const EARLY_FILES = 8;
const EARLY_BYTES = LARGE;

/** Draws until there are enough: of three files, eight draws miss one in every ninth run; 64 in none that anybody sees. */
const DRAWS = 64;

/** A FIFO in its place is not waited for. */
const UNAWAITED = constants.O_RDONLY | constants.O_NONBLOCK;

/** Longer than two lines of a listing (bytes). */
const STRETCH = 32 * 1024;

/**
 * Some files of the volume's listing that the last run of a job left, drawn at random places of it: however long it is,
 * this takes a moment. None where there is no listing, or one that cannot be read.
 */
export async function drawnEarly(listing: string): Promise<ListedFile[]> {
  const handle = await open(listing, UNAWAITED).catch(() => undefined);
  if (handle === undefined) return [];
  try {
    const about = await handle.stat();
    const length = about.isFile() ? about.size : 0;
    const files = new Map<string, ListedFile>();
    let bytes = 0;
    for (let draw = 0; length > 0 && draw < DRAWS && files.size < EARLY_FILES; draw += 1) {
      const file = await lineAfter(handle, randomInt(length));
      if (file === undefined || files.has(file.name) || bytes + file.size > EARLY_BYTES) continue;
      bytes += file.size;
      files.set(file.name, file);
    }
    return [...files.values()];
  } finally {
    await handle.close();
  }
}

/** The first whole line behind a place; behind the last one, the first of all. */
async function lineAfter(handle: FileHandle, place: number): Promise<ListedFile | undefined> {
  const [, behind] = await wholeLines(handle, place);
  const [first] = behind === undefined ? await wholeLines(handle, 0) : [];
  const line = behind ?? first;
  const file = line === undefined ? undefined : listedFile(line);
  return file && isName(file.name) ? file : undefined;
}

async function wholeLines(handle: FileHandle, place: number): Promise<string[]> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(STRETCH), 0, STRETCH, place);
  return buffer.toString('latin1', 0, bytesRead).split('\n').slice(0, -1);
}

/**
 * What an early sample proves of a plan: where the plan finds nothing to do at all, that it was verified; where a file
 * differed, that it has to be read again. `same` are the drawn files that are the same in both of the plan's listings;
 * `readLarge` reads a stretch of the plan's large file (`readRange`).
 */
export async function provenEarly(
  plan: MirrorPlan,
  same: readonly ListedFile[],
  read: ReadBack | undefined,
  readLarge: (file: LargeFile) => Promise<number | undefined>,
): Promise<Pick<MirrorPlan, 'verified' | 'doubtful'>> {
  const doubtful = same.filter(({ name }) => read?.differing.has(name));
  if (doubtful.length > 0) return { doubtful };
  const proven = same.filter(({ name }) => read?.same.has(name));
  if (!isStill(plan) || proven.length === 0) return {};
  const sample = { files: proven.length, bytes: proven.reduce((sum, { size }) => sum + size, 0) };
  if (plan.large === undefined) return { verified: sample };
  const bytes = await readLarge(plan.large).catch(() => undefined);
  return bytes === undefined ? {} : { verified: { files: sample.files + 1, bytes: sample.bytes + bytes } };
}
