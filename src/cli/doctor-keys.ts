import { rightsOf } from '../adapters/b2-account.js';
import { type RcloneRemote, openRemote } from '../adapters/rclone-remote.js';
import { createSecretResolver } from '../adapters/secrets.js';
import type { State } from '../adapters/state.js';
import { type KeyNeeds, type KeyRights, keyCommand, rightsProblems } from '../domain/b2-rights.js';
import { FtsError } from '../domain/failures.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost, repositoryRemotePath } from '../estate/lookup.js';
import { type DoctorFinding, fail, ok, warn } from './doctor-finding.js';
import { hostsHere } from './hosts-here.js';

/** Where a path of a B2 remote is. */
export function b2Place(path: string): Pick<KeyNeeds, 'bucket' | 'prefix'> {
  const [bucket = '', ...folders] = path.split('/').filter((part) => part !== '');
  return { bucket, prefix: folders.map((folder) => `${folder}/`).join('') };
}

/** Whether the keys of the B2 remotes behind which repositories lie are good for what this machine's jobs do there. */
export async function inspectRepositoryKeys(loaded: LoadedEstate, state: State): Promise<DoctorFinding[]> {
  const { estate } = loaded;
  const hosts = await hostsHere(loaded, state);
  const uses = new Map<string, KeyNeeds['use']>();
  for (const [name, job] of Object.entries(estate.jobs)) {
    if (!('repository' in job) || job.repository === undefined || !hosts.has(jobHost(estate, name))) continue;
    const saves = job.kind === 'snapshot' || job.kind === 'backup';
    if (saves || !uses.has(job.repository)) uses.set(job.repository, saves ? 'save' : 'look');
  }
  const findings: DoctorFinding[] = [];
  for (const [repository, use] of uses) {
    const remoteName = estate.repositories[repository]?.remote;
    if (remoteName === undefined || estate.remotes[remoteName]?.type !== 'b2') continue;
    const needs = { ...b2Place(repositoryRemotePath(estate, repository) ?? ''), use };
    findings.push(...(await inspectOne(loaded, { repository, remoteName, needs, state })));
  }
  return findings;
}

async function inspectOne(
  loaded: LoadedEstate,
  asked: { repository: string; remoteName: string; needs: KeyNeeds; state: State },
): Promise<DoctorFinding[]> {
  const { remoteName, repository, needs, state } = asked;
  const subject = `repository ${repository}: the key of remote ${remoteName}`;
  try {
    const secrets = createSecretResolver(loaded, process.env);
    const rights = await rightsOf(await openRemote(loaded, remoteName, { state, secrets }));
    const problems = keyFindings(loaded, { remoteName, subject, rights, needs });
    return problems.length > 0 ? problems : [ok('remotes', `${subject} may do all that restic needs`)];
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    if (error.type === 'RemoteDenied') return [refused(loaded, { remoteName, subject, needs })];
    return [fail('remotes', `${subject} cannot be looked at: ${error.message}`, error.hint)];
  }
}

/** Of a mirror's key; undefined where B2 does not say what it is good for, which rclone then tells. */
export async function inspectMirrorKey(
  loaded: LoadedEstate,
  remote: RcloneRemote,
  { needs, alsoSaves }: { needs: KeyNeeds; alsoSaves: boolean },
): Promise<{ rights: KeyRights | undefined; findings: DoctorFinding[] }> {
  const about = { remoteName: remote.name, subject: `remote ${remote.name}: the key`, needs };
  try {
    const rights = await rightsOf(remote);
    const findings = keyFindings(loaded, { ...about, rights });
    const destroys = rights.capabilities.includes('deleteFiles') && !alsoSaves;
    if (destroys && findings.length === 0) findings.push(tooMuch(loaded, about));
    return { rights, findings };
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    const denied = error.type === 'RemoteDenied';
    return { rights: undefined, findings: denied ? [refused(loaded, about)] : [] };
  }
}

interface About {
  remoteName: string;
  /** What the sentences begin with. */
  subject: string;
  needs: KeyNeeds;
}

const keyFindings = (loaded: LoadedEstate, about: About & { rights: KeyRights }): DoctorFinding[] =>
  rightsProblems(about.rights, about.needs).map((problem) =>
    fail('remotes', `${about.subject} ${problem}${another(loaded, about)}`, command(about)),
  );

const refused = (loaded: LoadedEstate, about: About): DoctorFinding =>
  fail('remotes', `${about.subject} is not taken by B2${another(loaded, about)}`, command(about));

const tooMuch = (loaded: LoadedEstate, about: About): DoctorFinding =>
  warn(
    'remotes',
    `${about.subject} may destroy what the mirror hides (deleteFiles), which a mirror's key need not${another(loaded, about)}`,
    command(about),
  );

const command = ({ needs, remoteName }: About): string => keyCommand(needs, `fts-${remoteName}`);

/** Where another key is put. */
function another({ estate }: LoadedEstate, { remoteName }: About): string {
  const { account, key } = estate.remotes[remoteName]?.secrets ?? {};
  if (account === undefined || key === undefined) return '; make another';
  return `; make another, and put its id into the secret ${account} and itself into ${key}`;
}
