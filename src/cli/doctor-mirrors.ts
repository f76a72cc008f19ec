import { holdsNothingElse, readLifecycle, writeLifecycle } from '../adapters/b2-lifecycle.js';
import { type RcloneRemote, openRemote, remoteLocation } from '../adapters/rclone-remote.js';
import { createSecretResolver } from '../adapters/secrets.js';
import type { State } from '../adapters/state.js';
import { findTool } from '../adapters/tools.js';
import type { KeyRights } from '../domain/b2-rights.js';
import { FtsError } from '../domain/failures.js';
import {
  DEFAULT_KEEP_HIDDEN_SECONDS,
  type LifecycleRule,
  type WantedLifecycle,
  lifecycleProblems,
  mendedRules,
} from '../domain/lifecycle.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost } from '../estate/lookup.js';
import { type DoctorFinding, fail, ok, warn } from './doctor-finding.js';
import { b2Place, inspectMirrorKey } from './doctor-keys.js';
import { hostsHere } from './hosts-here.js';

const DAY_SECONDS = 86_400;

/** Whether B2 keeps what this machine's mirrors hide for as long as declared, and no shorter or longer. */
export async function inspectMirrors(
  loaded: LoadedEstate,
  state: State,
  { setLifecycle }: { setLifecycle: boolean },
): Promise<DoctorFinding[]> {
  const { estate } = loaded;
  const hosts = await hostsHere(loaded, state);
  const remotes = Object.entries(estate.jobs).flatMap(([name, job]) =>
    job.kind === 'mirror' && hosts.has(jobHost(estate, name)) ? [job.remote] : [],
  );
  if (remotes.length === 0) return [];
  const findings = [await inspectGetfattr()];
  for (const name of new Set(remotes)) {
    if (estate.remotes[name]?.type !== 'b2') continue;
    findings.push(...(await inspectRemote(loaded, name, { state, setLifecycle })));
  }
  return findings;
}

/** Without it the manifest that a mirror carries lacks extended attributes and ACLs. */
async function inspectGetfattr(): Promise<DoctorFinding> {
  try {
    const { path, version } = await findTool('getfattr');
    return ok('tools', `getfattr ${version} at ${path}`);
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    const lacking = `${error.message}: mirrors do not keep extended attributes and ACLs`;
    return warn('tools', lacking, 'sudo apt install attr');
  }
}

interface Inspection {
  state: State;
  setLifecycle: boolean;
}

async function inspectRemote(
  loaded: LoadedEstate,
  name: string,
  { state, setLifecycle }: Inspection,
): Promise<DoctorFinding[]> {
  const { path = '', keepHidden = DEFAULT_KEEP_HIDDEN_SECONDS } = loaded.estate.remotes[name] ?? {};
  const place = b2Place(path);
  try {
    const secrets = createSecretResolver(loaded, process.env);
    const remote = await openRemote(loaded, name, { state, secrets });
    const key = await inspectMirrorKey(loaded, remote, {
      needs: { ...place, use: 'mirror' },
      alsoSaves: Object.values(loaded.estate.repositories).some((repository) => repository.remote === name),
    });
    const bucket = { remote, name: place.bucket, location: remoteLocation(loaded, name, place.bucket) };
    const wanted = { prefix: place.prefix, days: keepHidden / DAY_SECONDS };
    try {
      return [await inspectLifecycle(bucket, wanted, { ...key, setLifecycle }), ...key.findings];
    } catch (error) {
      const told = error instanceof FtsError && error.type === 'RemoteDenied' && key.findings.length > 0;
      if (told) return key.findings;
      throw error;
    }
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    if (error.type !== 'PathMissing') return [fail('remotes', error.message, error.hint)];
    const missing = `remote ${name}: there is no bucket ${place.bucket}, or the key is not for it`;
    return [fail('remotes', missing, `b2 bucket create ${place.bucket} allPrivate`)];
  }
}

async function inspectLifecycle(
  bucket: Bucket,
  wanted: WantedLifecycle,
  { rights, setLifecycle }: { rights: KeyRights | undefined; setLifecycle: boolean },
): Promise<DoctorFinding> {
  const rules = await readLifecycle(bucket);
  const problems = lifecycleProblems(rules, wanted);
  if (problems.length === 0) return kept(bucket, wanted);
  if (setLifecycle) return mend(bucket, rules, wanted);
  const said = complaint(bucket, problems, wanted);
  if (rights?.capabilities.includes('writeBuckets') ?? true)
    return fail('remotes', said, 'fts doctor --set-lifecycle');
  const owners = `${said}; the key may not set it (writeBuckets), and need not: the owner of the account can`;
  return fail('remotes', owners, ownersCommand(bucket.name, mendedRules(rules, wanted)));
}

interface Bucket {
  remote: RcloneRemote;
  name: string;
  location: string;
}

const kept = (bucket: Bucket, { days }: WantedLifecycle, how = 'keeps'): DoctorFinding =>
  ok(
    'remotes',
    `remote ${bucket.remote.name}: bucket ${bucket.name} ${how} hidden versions for ${String(days)} days`,
  );

const complaint = (bucket: Bucket, problems: readonly string[], { days }: WantedLifecycle): string =>
  `remote ${bucket.remote.name}: bucket ${bucket.name} ${problems.join('; it ')}; declared are ${String(days)} days (keepHidden)`;

/** Sets the rule, if that changes nothing for other files; else tells the owner how. */
async function mend(
  bucket: Bucket,
  rules: readonly LifecycleRule[],
  wanted: WantedLifecycle,
): Promise<DoctorFinding> {
  const mended = mendedRules(rules, wanted);
  const command = ownersCommand(bucket.name, mended);
  const refused = (why: string): DoctorFinding =>
    fail(
      'remotes',
      `remote ${bucket.remote.name}: the rule of bucket ${bucket.name} was not set: ${why}`,
      command,
    );
  if (rules.some(({ fileNamePrefix }) => fileNamePrefix !== ''))
    return refused('it has rules for folders, which rclone would remove');
  if (!(await holdsNothingElse(bucket, wanted.prefix)))
    return refused(`it holds more than ${wanted.prefix}, and rclone can only set a rule for all of it`);
  try {
    for (const rule of mended) await writeLifecycle(bucket, { ...rule, fileNamePrefix: '' });
  } catch (error) {
    if (!(error instanceof FtsError) || error.type !== 'RemoteDenied') throw error;
    return refused(
      'that takes a key with the capability writeBuckets, which a mirror should not have; the owner of the account can set it',
    );
  }
  const problems = lifecycleProblems(await readLifecycle(bucket), wanted);
  return problems.length === 0
    ? kept(bucket, wanted, 'now keeps')
    : fail('remotes', complaint(bucket, problems, wanted), command);
}

/** For Backblaze's own command line, which sets all rules of a bucket at once. */
function ownersCommand(bucket: string, rules: readonly LifecycleRule[]): string {
  const json = JSON.stringify(rules, (_key, value: unknown) => value ?? undefined);
  return `b2 bucket update --lifecycle-rules '${json.replaceAll("'", String.raw`'\''`)}' ${bucket}`;
}
