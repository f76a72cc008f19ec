import { access } from 'node:fs/promises';
import { isThisHost } from '../adapters/host-identity.js';
import type { State } from '../adapters/state.js';
import { hostQueue } from '../domain/queues.js';
import type { LoadedEstate } from '../estate/load.js';

/** The declared hosts that this machine is, by name, or because a worker that was told to act as one keeps its records here. */
export async function hostsHere({ estate }: LoadedEstate, state: State): Promise<Set<string>> {
  const here = await Promise.all(
    Object.keys(estate.hosts).map(
      async (host) =>
        isThisHost(estate, host) || (await exists(state.path('workers', `${hostQueue(host)}.json`))),
    ),
  );
  return new Set(Object.keys(estate.hosts).filter((_host, index) => here[index]));
}

/** The volumes that can be looked at on this machine. */
export async function volumesHere(loaded: LoadedEstate, state: State): Promise<Set<string>> {
  const hosts = await hostsHere(loaded, state);
  const entries = Object.entries(loaded.estate.volumes);
  const here = await Promise.all(
    entries.map(
      async ([volume, { host }]) =>
        hosts.has(host) || (await exists(state.path('volumes', `${volume}.json`))),
    ),
  );
  return new Set(entries.filter((_entry, index) => here[index]).map(([volume]) => volume));
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
