import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import type { Removal } from '../../domain/hold.js';
import { printableName } from '../../domain/names.js';
import type { LargeFile } from '../../domain/mirror.js';
import type { ListedFile } from './listing.js';
import { bytesOf, namesIn } from './lists.js';
import { type MirrorPlace, presentInSource, writeNames } from './place.js';
import { readRange } from './range.js';
import { type SampleOptions, sampleOf } from './sample.js';
import { meaningOfRclone } from '../rclone-failure.js';
import { type RcloneProgress, runRclone } from '../rclone.js';

/** A source in which everything that was drawn changes while it is compared is asked so often. */
const DRAWS = 3;

export interface VerificationCall {
  place: MirrorPlace;
  sample: Omit<SampleOptions, 'files'>;
  /** Files that differed when they were read before: they are read again, whatever else is drawn. */
  doubtful: readonly ListedFile[];
  /** One that is too large for a sample, if it is expected in the remote. */
  large: LargeFile | undefined;
  tell: (progress: RcloneProgress) => void;
}

/**
 * Reads a sample of what the remote should hold back from there, byte for byte, and compares it with the source. What
 * changed in the source since the plan does not count. Changes nothing; safe to retry. Fails with `VerificationFailed`,
 * naming a file that differs, and with `NothingToVerify` when there were files and none could be compared.
 */
export async function verifySample(call: VerificationCall): Promise<Removal> {
  const { place, sample, doubtful, large, tell } = call;
  const stretch = large && (await readRange(place, large));
  if (large && stretch === undefined) await requireChanged(place, [large], new Map());
  const verified = stretch === undefined ? [] : [stretch];
  for (let draw = 1; ; draw += 1) {
    const drawn = await sampleOf({ ...sample, files: place.files });
    const apart = new Set([...doubtful.map(({ name }) => name), large?.name]);
    const files = [...doubtful, ...drawn.filter(({ name }) => !apart.has(name))];
    const same = files.length === 0 ? [] : await compare(place, files, tell);
    const bytes = [...verified, ...same.map(({ size }) => size)];
    if (bytes.length > 0 || files.length === 0) {
      return { files: bytes.length, bytes: bytes.reduce((sum, size) => sum + size, 0) };
    }
    if (draw === DRAWS) {
      throw new FtsError(
        'NothingToVerify',
        `every file that was drawn to be compared with remote ${place.remote.name} changed meanwhile`,
      );
    }
  }
}

/** What rclone says of files that it compared. */
export interface ReadBack {
  /** Names that are the same in both places, and those that are not. */
  same: ReadonlySet<string>;
  differing: ReadonlySet<string>;
  /** Why, of some that differ. */
  said: ReadonlyMap<string, string>;
}

/** Reads these files back from the remote, byte for byte. Each is looked for by its name, so that nothing is listed. */
export async function readBack(
  place: Pick<MirrorPlace, 'remote' | 'root' | 'files' | 'signal'>,
  names: readonly string[],
  { tell, locked = true }: { tell?: (progress: RcloneProgress) => void; locked?: boolean } = {},
): Promise<ReadBack> {
  const { remote, root, files, signal } = place;
  const list = await writeNames(place, 'sample.txt', names);
  const answer = join(files.folder, 'compared.txt');
  await writeFile(answer, '', { mode: 0o600 }); // rclone itself would let others read it
  const said = new Map<string, string>();
  await runRclone(remote, {
    args: [
      ...['check', '.', remote.root, '--download', '--one-way', '--files-from-raw', list],
      ...['--combined', answer, '--no-traverse'],
    ],
    directory: root,
    signal,
    locked,
    mayDiffer: true,
    ...(tell && { onProgress: tell }),
    onProblem: ({ object, message }) => {
      if (object !== undefined) said.set(bytesOf(object), message);
    },
  });
  const [same, differing] = [new Set<string>(), new Set<string>()];
  for await (const line of namesIn(answer)) {
    const [mark, name] = [line.slice(0, 1), line.slice(2)];
    if (mark === '=') same.add(name);
    else if (/^[*+!]$/.test(mark)) differing.add(name);
  }
  return { same, differing, said };
}

/** The files that are the same in both places. */
async function compare(
  place: MirrorPlace,
  files: readonly ListedFile[],
  tell: (progress: RcloneProgress) => void,
): Promise<ListedFile[]> {
  const names = files.map(({ name }) => name);
  const { same, differing, said } = await readBack(place, names, { tell });
  await requireChanged(
    place,
    files.filter(({ name }) => differing.has(name)),
    said,
  );
  return files.filter(({ name }) => same.has(name));
}

/** Fails for a file that differs although its source is what the plan saw. */
async function requireChanged(
  place: MirrorPlace,
  differing: readonly Pick<ListedFile, 'name' | 'size' | 'mtime'>[],
  said: ReadonlyMap<string, string>,
): Promise<void> {
  if (differing.length === 0) return;
  const now = await presentInSource(
    place,
    differing.map(({ name }) => name),
  );
  for (const { name, size, mtime } of differing) {
    const found = now.get(name);
    const message = said.get(name) ?? 'the contents differ';
    if (found?.size !== size || found.mtime !== mtime || meaningOfRclone(message) === 'PermissionDenied')
      continue;
    const { path } = printableName(Buffer.from(name, 'latin1'));
    throw new FtsError(
      'VerificationFailed',
      `${path} in remote ${place.remote.name} is not what the source has: ${message}`,
      'if the file in the source is good, touch it: the next run uploads it again',
    );
  }
}
