import { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import { type Keep, forgetArguments } from '../domain/retention.js';
import type { LoadedEstate } from '../estate/load.js';
import { destinationOfJob, jobHost } from '../estate/lookup.js';
import { openRepository } from './restic/repository.js';
import { ResticExit } from './restic/failure.js';
import { runRestic } from './restic.js';
import { createSecretResolver } from './secrets.js';
import type { State } from './state.js';
import { createVolumeGuard } from './volume/guard.js';

/** A snapshot that would go. */
export interface DoomedSnapshot {
  id: string;
  /** RFC 3339 UTC. */
  time: string;
}

const Groups = z.array(
  z.object({ remove: z.array(z.object({ id: z.string(), time: z.string() })).nullable() }),
);

/**
 * The snapshots of a job that the second `keep` would remove and the first would not, oldest first. Asks restic, on
 * the host that has the secrets; changes nothing and waits for no lock. Fails as opening the repository does.
 */
export async function previewKeep(
  { loaded, state, signal }: { loaded: LoadedEstate; state: State; signal: AbortSignal },
  { job, repository: name, from, to }: { job: string; repository: string; from: Keep; to: Keep },
): Promise<DoomedSnapshot[]> {
  await requireVolume(loaded, state, destinationOfJob(loaded.estate, job));
  const secrets = createSecretResolver(loaded, process.env);
  const repository = await openRepository(loaded, name, { state, secrets });
  const removedBy = async (keep: Keep): Promise<DoomedSnapshot[]> => {
    let removed: DoomedSnapshot[] = [];
    const { exitCode } = await runRestic(repository, {
      args: [...forgetArguments({ host: jobHost(loaded.estate, job), job, keep, dryRun: true }), '--no-lock'],
      locked: false,
      signal,
      onMessage: (message) => {
        removed = Groups.parse(message).flatMap(({ remove }) => remove ?? []);
      },
    });
    if (exitCode === ResticExit.noRepository)
      throw new FtsError('RepositoryMissing', `repository ${name} is not there`);
    return removed;
  };
  const before = new Set((await removedBy(from)).map(({ id }) => id));
  return (await removedBy(to))
    .filter(({ id }) => !before.has(id))
    .map(({ id, time }) => ({ id, time: new Date(time).toISOString() }))
    .sort((one, other) => (one.time < other.time ? -1 : 1));
}

async function requireVolume(loaded: LoadedEstate, state: State, volume: string | undefined): Promise<void> {
  if (volume === undefined) return;
  const condition = await createVolumeGuard({ state, loaded }).inspect(volume, { write: false });
  if (condition.state !== 'healthy' && condition.state !== 'read-only')
    throw new FtsError('VolumeUnavailable', `volume ${volume}: ${condition.found}`, condition.hint);
}
