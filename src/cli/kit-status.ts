import { kitFacts, readKitRecord } from '../adapters/kit-record.js';
import { findSecrets } from '../adapters/secrets-found.js';
import { createSecretResolver } from '../adapters/secrets.js';
import type { State } from '../adapters/state.js';
import { type KitFacts, type KitRecord, type KitState, judgeKit } from '../domain/kit.js';
import { formatDuration } from '../domain/units.js';
import type { LoadedEstate } from '../estate/load.js';
import { secretsWanted } from '../estate/secrets-wanted.js';
import { hostsHere } from './hosts-here.js';
import { knownRecord } from './known-record.js';

/** The recovery kit, in `fts status --json`. */
export interface KitStatus {
  state: KitState;
  /** RFC 3339; null if none was written here. */
  writtenAt: string | null;
  /** What changed since. */
  changed: string | null;
}

/** How the last kit of this host stands; null where none is to be expected: no repository or mirror is looked after here. */
export async function kitStatus(loaded: LoadedEstate, state: State): Promise<KitStatus | null> {
  const record = await knownRecord(readKitRecord(state));
  if (record === undefined && !(await isExpected(loaded, state))) return null;
  const now = record && (await factsNow(loaded, record));
  return { ...judgeKit(record, now), writtenAt: record?.writtenAt ?? null };
}

async function isExpected(loaded: LoadedEstate, state: State): Promise<boolean> {
  const { repositories, jobs, volumes } = loaded.estate;
  const here = await hostsHere(loaded, state);
  const isHere = (host: string | undefined): boolean => host !== undefined && here.has(host);
  return (
    Object.values(repositories).some(({ host }) => isHere(host)) ||
    Object.values(jobs).some((job) => job.kind === 'mirror' && isHere(volumes[job.volume]?.host))
  );
}

/** Undefined where the secrets are in a vault: that is asked by who needs them, and not by each look at the status. */
async function factsNow(loaded: LoadedEstate, { salt }: KitRecord): Promise<KitFacts | undefined> {
  if (loaded.estate.secrets?.provider === 'azure-key-vault') return undefined;
  const resolver = createSecretResolver(loaded, process.env);
  const { found } = await findSecrets(resolver, secretsWanted(loaded.estate));
  return kitFacts(loaded.estate, found, salt);
}

/** A line for people, if there is something to do. It leaves the estate healthy. `now` in milliseconds since the epoch. */
export function kitAdvice(kit: KitStatus | null, now: number): string[] {
  if (kit?.state === 'none')
    return ['no recovery kit was written here, by which another machine could open the backups: `fts kit`'];
  if (kit?.state !== 'outdated' || kit.writtenAt === null) return [];
  const age = formatDuration(Math.max(0, now - Date.parse(kit.writtenAt)) / 1000);
  return [
    `the recovery kit, ${age} old, is out of date (${kit.changed ?? 'something changed'}): \`fts kit\``,
  ];
}
