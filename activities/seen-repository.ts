import { z } from 'zod';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import type { OpenRepository } from './restic-step.js';

/** That a repository was seen: from then on its absence is an alarm, and no reason to make one; so is another in its place. */
const Seen = z.object({
  firstSeen: z.iso.datetime(),
  /** restic's own; absent in records of the first release. */
  id: z.string().optional(),
  /** Another one was found there; until the right one is back, restic is asked before anything is written. */
  replacedBy: z.string().optional(),
});
type Seen = z.infer<typeof Seen>;

const seenFile = (repository: string): string => `repositories/${repository}.json`;

/** The record of a repository; undefined if none was ever seen. */
export const readSeen = (state: Pick<State, 'read'>, repository: string): Promise<Seen | undefined> =>
  state.read(seenFile(repository), Seen);

/** Notes a repository that was seen for the first time. */
export const remember = (state: Pick<State, 'write'>, repository: string, id: string): Promise<void> =>
  state.write(seenFile(repository), { firstSeen: new Date().toISOString(), id } satisfies Seen);

export interface Asked {
  state: Pick<State, 'read' | 'write' | 'path'>;
  repository: string;
  opened: Pick<OpenRepository, 'run' | 'idHolding'>;
}

/** Fails with `RepositoryReplaced` where another repository was found before and is still there. */
export async function requireNotReplaced({ state, repository, opened }: Asked): Promise<void> {
  const seen = await readSeen(state, repository);
  if (seen?.replacedBy === undefined) return;
  const id = await idOf(opened);
  if (id === undefined) throw missing(state, repository, seen);
  if (id !== seen.id) throw replaced(state, repository, seen, id);
  await state.write(seenFile(repository), { ...seen, replacedBy: undefined } satisfies Seen);
}

/**
 * Sees that the repository in which restic has just made a snapshot is the one of the record, and records it where
 * there is none. Ordinarily without a process more. Fails with `RepositoryReplaced`.
 */
export async function requireSameRepository(
  { state, repository, opened }: Asked,
  snapshotId: string,
): Promise<void> {
  const seen = await readSeen(state, repository);
  let id = await opened.idHolding(snapshotId);
  if (id !== undefined && id === seen?.id) return;
  if (id === undefined || seen?.id !== undefined) id = await idOf(opened); // an alarm has restic's own word
  if (id === undefined) throw new FtsError('RepositoryUnreachable', `repository ${repository} has just gone`);
  await compare({ state, repository }, seen, id);
}

/**
 * The id of the repository that is there, which is the one of the record, or recorded now. Fails with
 * `RepositoryReplaced`, and with `RepositoryMissing` where there is none.
 */
export async function seenNow({ state, repository, opened }: Asked): Promise<string> {
  const seen = await readSeen(state, repository);
  const id = await idOf(opened);
  if (id === undefined) throw seen ? missing(state, repository, seen) : neverMade(repository);
  await compare({ state, repository }, seen, id);
  return id;
}

async function compare(
  { state, repository }: Pick<Asked, 'state' | 'repository'>,
  seen: Seen | undefined,
  id: string,
): Promise<void> {
  if (seen === undefined) return remember(state, repository, id);
  if (seen.id === undefined) return state.write(seenFile(repository), { ...seen, id } satisfies Seen);
  if (seen.id === id) return;
  await state.write(seenFile(repository), { ...seen, replacedBy: id } satisfies Seen);
  throw replaced(state, repository, seen, id);
}

const neverMade = (repository: string): FtsError =>
  new FtsError(
    'RepositoryMissing',
    `repository ${repository} is not there`,
    'it is made by the first run of a job that writes to it',
  );

const Config = z.object({ id: z.string() });

/** The id of the repository that is there, if one is, as restic reads it. Another process: half a second and more. */
export async function idOf({ run }: Pick<OpenRepository, 'run'>): Promise<string | undefined> {
  const { exitCode, stdout } = await run({ args: ['cat', 'config', '--no-lock'] });
  return exitCode === 0 ? Config.parse(JSON.parse(stdout)).id : undefined;
}

/** The failure for a repository that was seen and is gone. */
export const missing = (state: Pick<State, 'path'>, repository: string, { firstSeen }: Seen): FtsError =>
  new FtsError(
    'RepositoryMissing',
    `repository ${repository} was first seen on ${firstSeen} and is no longer there`,
    `bring it back; if it is meant to begin anew, remove ${state.path(seenFile(repository))} on the host, then run the job again`,
  );

const replaced = (state: Pick<State, 'path'>, repository: string, { firstSeen, id }: Seen, found: string) =>
  new FtsError(
    'RepositoryReplaced',
    `repository ${repository} is another than the one first seen on ${firstSeen}: its id is ${short(found)}, not ${short(id ?? '')}`,
    `bring the other one back; if this one is meant, remove ${state.path(seenFile(repository))} on the host, then run the job again`,
  );

/** As much of an id as restic shows. */
const short = (id: string): string => id.slice(0, 8);
