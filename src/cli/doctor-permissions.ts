import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecretResolver } from '../adapters/secrets.js';
import type { State } from '../adapters/state.js';
import { FtsError } from '../domain/failures.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost } from '../estate/lookup.js';
import { type DoctorFinding, fail, ok, warn } from './doctor-finding.js';
import { hostsHere } from './hosts-here.js';

/** Whether this user can keep the estate's records, and nobody else can read them. */
export async function inspectStateFolder(state: State): Promise<DoctorFinding[]> {
  const folder = state.path();
  const existing = await nearestExisting(folder);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch {
    const fix = `sudo install -d -m 700 -o "$(id -un)" ${folder}`;
    return [fail('permissions', `records cannot be kept in ${folder}: ${existing} is not writable`, fix)];
  }
  if (existing !== folder) return [ok('permissions', `records will be kept in ${folder}`)];
  const { mode } = await stat(folder);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return [warn('permissions', `others can look into ${folder}`, `chmod 700 ${folder}`)];
  }
  return [ok('permissions', `records are kept in ${folder}`)];
}

async function nearestExisting(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      await stat(at);
      return at;
    } catch {
      if (dirname(at) === at) return at;
    }
  }
}

/** Whether every secret that this machine's jobs need has a value. Tells names, never values. */
export async function inspectSecrets(loaded: LoadedEstate, state: State): Promise<DoctorFinding[]> {
  const resolver = createSecretResolver(loaded, process.env);
  const wanted = secretsWanted(loaded, await hostsHere(loaded, state));
  const findings = [...wanted].map(async ([secret, wantedBy]): Promise<DoctorFinding> => {
    try {
      await resolver.resolve(secret, wantedBy);
      return ok('secrets', `${secret}, needed by ${wantedBy}, has a value`);
    } catch (error) {
      if (!(error instanceof FtsError)) throw error;
      return fail('secrets', error.message, error.hint);
    }
  });
  return Promise.all(findings);
}

/** Names of the secrets that jobs of these hosts need, with who needs each. */
function secretsWanted({ estate }: LoadedEstate, hosts: ReadonlySet<string>): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const [name, job] of Object.entries(estate.jobs)) {
    if (!hosts.has(jobHost(estate, name))) continue;
    if ('remote' in job && job.remote !== undefined) {
      for (const secret of Object.values(estate.remotes[job.remote]?.secrets ?? {}))
        if (!wanted.has(secret)) wanted.set(secret, `remote ${job.remote}`);
    }
    if (!('repository' in job) || job.repository === undefined) continue;
    const repository = estate.repositories[job.repository];
    if (repository === undefined) continue;
    const remote = repository.remote === undefined ? undefined : estate.remotes[repository.remote];
    const names = [
      repository.password,
      ...Object.values(repository.environment).filter((value) => typeof value === 'string'),
      ...Object.values(remote?.secrets ?? {}),
    ];
    for (const secret of names) if (!wanted.has(secret)) wanted.set(secret, `repository ${job.repository}`);
  }
  return wanted;
}
