import { join } from 'node:path';
import { FtsError } from '../domain/failures.js';
import type { Removal } from '../domain/hold.js';
import { printableName } from '../domain/names.js';
import type { ListedFile } from './mirror-listing.js';
import { bytesOf, namesIn } from './mirror-lists.js';
import { type MirrorPlace, listingOption, presentInSource, writeNames } from './mirror-place.js';
import { type SampleOptions, sampleOf } from './mirror-sample.js';
import { meaningOfRclone } from './rclone-failure.js';
import { type RcloneProgress, runRclone } from './rclone.js';

/** A source in which everything that was drawn changes while it is compared is asked so often. */
const DRAWS = 3;

export interface VerificationCall {
  place: MirrorPlace;
  sample: Omit<SampleOptions, 'files'>;
  tell: (progress: RcloneProgress) => void;
}

/**
 * Reads a sample of what the remote should hold back from there, byte for byte, and compares it with the source. What
 * changed in the source since the plan does not count. Changes nothing; safe to retry. Fails with `VerificationFailed`,
 * naming a file that differs, and with `NothingToVerify` when there were files and none could be compared.
 */
export async function verifySample({ place, sample, tell }: VerificationCall): Promise<Removal> {
  for (let draw = 1; ; draw += 1) {
    const files = await sampleOf({ ...sample, files: place.files });
    if (files.length === 0) return { files: 0, bytes: 0 };
    const same = await compare(place, files, tell);
    if (same.length > 0) {
      return { files: same.length, bytes: same.reduce((sum, { size }) => sum + size, 0) };
    }
    if (draw === DRAWS) {
      throw new FtsError(
        'NothingToVerify',
        `every file that was drawn to be compared with remote ${place.remote.name} changed meanwhile`,
      );
    }
  }
}

/** The files that are the same in both places. */
async function compare(
  place: MirrorPlace,
  files: readonly ListedFile[],
  tell: (progress: RcloneProgress) => void,
): Promise<ListedFile[]> {
  const { remote, root, files: planned, total, signal } = place;
  const names = files.map(({ name }) => name);
  const list = await writeNames(place, 'sample.txt', names);
  const answer = join(planned.folder, 'compared.txt');
  const said = new Map<string, string>();
  await runRclone(remote, {
    args: [
      ...['check', '.', remote.root, '--download', '--one-way', '--files-from-raw', list],
      ...['--combined', answer, ...(await listingOption(names, total))],
    ],
    directory: root,
    signal,
    mayDiffer: true,
    onProgress: tell,
    onProblem: ({ object, message }) => {
      if (object !== undefined) said.set(bytesOf(object), message);
    },
  });
  const marks = new Map<string, string>();
  for await (const line of namesIn(answer)) marks.set(line.slice(2), line.slice(0, 1));
  const differing = files.filter(({ name }) => /^[*+!]$/.test(marks.get(name) ?? ''));
  await requireChanged(place, differing, said);
  return files.filter(({ name }) => marks.get(name) === '=');
}

/** Fails for a file that differs although its source is what the plan saw. */
async function requireChanged(
  place: MirrorPlace,
  differing: readonly ListedFile[],
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
