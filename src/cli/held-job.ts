import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { holdFile, readHold } from '../adapters/holds.js';
import { type State, isErrno } from '../adapters/state.js';
import type { Hold } from '../domain/hold.js';
import { UsageError } from '../domain/usage-error.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost } from '../estate/lookup.js';
import { hostsHere } from './hosts-here.js';
import { knownJob } from './known-name.js';

/** The job that somebody means by its name or its workflow id. A usage error for one that the estate does not declare. */
export function jobNamed({ estate }: LoadedEstate, id: string): string {
  const prefix = `${estate.estate}/`;
  const job = id.startsWith(prefix) ? id.slice(prefix.length) : id;
  knownJob(estate, job);
  return job;
}

/** The host of a job if this machine is it; a usage error with that hint if not. */
export async function requireHostHere(
  loaded: LoadedEstate,
  state: State,
  job: string,
  hint: string,
): Promise<void> {
  const host = jobHost(loaded.estate, job);
  if ((await hostsHere(loaded, state)).has(host)) return;
  throw new UsageError(`the holds of job ${job} lie on host ${host}, and this is another machine`, { hint });
}

/** What holds a job by this machine's records; a usage error when nothing does that can still be answered. */
export async function heldHere(state: State, job: string): Promise<Hold> {
  await requireSameUser(state.path(holdFile(job)));
  const hold = await readHold(state, job);
  if (hold === undefined) throw nothingHeld(job);
  if (hold.rejectedAt !== undefined)
    throw nothingHeld(job, `its last plan was rejected at ${hold.rejectedAt}`);
  if (Date.parse(hold.expiresAt) <= Date.now())
    throw nothingHeld(job, `its hold expired at ${hold.expiresAt}`);
  return hold;
}

/** What another user writes, root too, the worker could not read; and what another user keeps to himself cannot be read here. */
async function requireSameUser(file: string): Promise<void> {
  const owner = await ownerOf(file);
  if (owner === undefined || owner === process.getuid?.()) return;
  throw new UsageError(`${file} belongs to another user, whose worker it is (uid ${String(owner)})`, {
    hint: `run it as that user: sudo -u '#${String(owner)}' fts …`,
  });
}

/** Of a file that may not be looked at, the owner of the folder that keeps it closed; undefined if there is none. */
async function ownerOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).uid;
  } catch (error) {
    return isErrno(error, 'EACCES') && dirname(path) !== path ? ownerOf(dirname(path)) : undefined;
  }
}

/** Each user has a state of his own, unless `FTS_STATE_DIR` says where it is. */
const ofAnother =
  process.getuid?.() === 0
    ? ''
    : "; the holds of another user's worker are seen by that user (sudo -u USER fts …)";

/** The usage error for a job that waits for nobody. */
export const nothingHeld = (job: string, why?: string): UsageError =>
  new UsageError(`nothing is held for job ${job}${why === undefined ? '' : `: ${why}`}`, {
    hint: `\`fts run ${job}\` plans anew, and is held again if it has to be${ofAnother}`,
  });
