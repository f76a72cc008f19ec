import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/declaration.js';
import type { Declaration } from '../domain/job.js';
import {
  jobHost,
  jobOf,
  repositoriesOn,
  repositoryOf,
  savingJobs,
  volumeOf,
  volumesOfJob,
} from './lookup.js';
import type { Estate } from './schema.js';

/** Hex digits by which one part is told from another. */
const KEY_DIGITS = 12;

/**
 * What the estate declares for a job: the job and all it refers to, as written (no path of this machine in it).
 * The parts are named as in the file: `jobs.flux-snapshot.keep`, `volumes.flux.mountpoint`.
 */
export const declarationOf = (estate: Estate, jobName: string): Declaration =>
  declarationFrom(partsOf(estate, jobName));

/** The declaration that consists of these parts. */
export function declarationFrom(parts: Record<string, unknown>): Declaration {
  const keys = Object.entries(parts).map(([key, value]) => [
    key,
    sha256(canonicalJson(value)).slice(0, KEY_DIGITS),
  ]);
  return { digest: sha256(canonicalJson(parts)), keys: Object.fromEntries(keys) as Record<string, string> };
}

function partsOf(estate: Estate, jobName: string): Record<string, unknown> {
  const job = jobOf(estate, jobName);
  const parts: Record<string, unknown> = { estate: estate.estate, ...named(`jobs.${jobName}`, job) };
  if (job.cron !== undefined) parts.timezone = estate.timezone;
  const hosts = new Set([jobHost(estate, jobName)]);
  for (const name of volumesOfJob(estate, jobName)) {
    const volume = volumeOf(estate, name);
    Object.assign(parts, named(`volumes.${name}`, volume));
    hosts.add(volume.host);
  }
  const remotes = new Set<string>();
  if ('remote' in job && job.remote !== undefined) remotes.add(job.remote);
  if ('repository' in job && job.repository !== undefined) {
    const repository = repositoryOf(estate, job.repository);
    Object.assign(parts, named(`repositories.${job.repository}`, repository));
    hosts.add(repository.host);
    if (repository.remote !== undefined) remotes.add(repository.remote);
  }
  if (job.kind === 'mirror') {
    for (const { name, path } of repositoriesOn(estate, job.volume))
      parts[`repositories.${name}.path`] = path;
  }
  if (job.kind === 'drill') {
    for (const [name, saving] of savingJobs(estate, job.repository))
      Object.assign(parts, named(`jobs.${name}`, saving));
  }
  for (const name of remotes) Object.assign(parts, named(`remotes.${name}`, estate.remotes[name] ?? {}));
  for (const name of hosts) Object.assign(parts, named(`hosts.${name}`, estate.hosts[name] ?? {}));
  return parts;
}

/** One part for each key of an entry. */
export const named = (prefix: string, entry: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(entry)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`${prefix}.${key}`, value as unknown]),
  );

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
