import { resolve } from 'node:path';
import { FtsError } from '../domain/failures.js';
import { canonicalJson } from '../domain/declaration.js';
import type { LoadedEstate } from '../estate/load.js';
import { isLockedOnVolume, lockPath } from './locks.js';
import type { SecretResolver } from './secrets.js';
import type { State } from './state.js';
import { findTool } from './tools.js';

/** rclone's name for the one remote it is told of; it exists in the tool's environment only. */
const REMOTE_NAME = 'fts';

/** A remote with all that rclone needs to reach it. Lives for one activity: it holds the secrets. */
export interface RcloneRemote {
  name: string;
  /** rclone's name of the backend. */
  type: string;
  /** The rclone binary. */
  rclone: string;
  /** Settings and secrets, as rclone's environment variables: none of them is an argument. */
  environment: Record<string, string>;
  /** What rclone calls the declared place: `fts:bucket/folder`. */
  root: string;
  /** Lock that every writer of this product on this host takes. */
  lock: string;
}

/** Where records, secrets and locks are. */
export interface RemoteSetting {
  state: State;
  secrets: SecretResolver;
  /** Root of the volume that is mirrored there: two users who are not root exclude each other through it. */
  volumeRoot?: string;
  /** Until it resolves, nothing touches that volume. */
  volumeReady?: Promise<unknown>;
}

/**
 * Looks up a remote and resolves its secrets. Reaches nothing.
 * Fails with `SecretMissing`, `SecretsFileLoose`, `ToolMissing`.
 */
export async function openRemote(
  loaded: LoadedEstate,
  name: string,
  { state, secrets, volumeRoot, volumeReady }: RemoteSetting,
): Promise<RcloneRemote> {
  const { type, path = '', options } = declaredRemote(loaded, name);
  const rclone = (await findTool('rclone')).path;
  const environment = await remoteEnvironment(loaded, name, secrets);
  const lockable = { name: 'remote', location: canonicalJson([type, path, options]), volumeRoot };
  const locking = { estate: loaded.estate.estate, state };
  if (isLockedOnVolume(lockable, locking)) await volumeReady;
  return {
    ...{ name, type, rclone, environment },
    root:
      type === 'local'
        ? onDisk(remoteLocation(loaded, name, path), options)
        : remoteLocation(loaded, name, path),
    lock: await lockPath(lockable, locking),
  };
}

/** Backends on which a folder need not be made, so that one that is not there says that the bucket is not. */
export const BUCKETS: ReadonlySet<string> = new Set(['b2', 's3', 'gcs']);

/** How plain rclone names files on a disk of Linux: it finds there what it wrote. */
const PLAIN_ENCODING = 'Slash,Dot';

/** A remote that is a disk keeps to rclone's own way of naming files, whatever is said of the volume's (`runRclone`). */
const onDisk = (location: string, { encoding = PLAIN_ENCODING }: Readonly<Record<string, string>>): string =>
  location.replace(REMOTE_NAME, `${REMOTE_NAME},encoding="${encoding}"`);

/** Options that say, with backend and path, where a remote is; all others say how it is reached. */
const WHERE = ['endpoint', 'host', 'port', 'url', 'user'];

/** What a remote is known by in records: another place, or another server, is another remote. */
export const identityOf = ({ type, root, environment }: RcloneRemote): string =>
  canonicalJson([type, root, ...WHERE.map((option) => environment[variableOf(option)] ?? '')]);

/** Has a remote that is a disk tell its links as the files that other remotes hold, whatever rclone is told about links. */
export const linksAsFiles = ({ type }: Pick<RcloneRemote, 'type'>): Record<string, string> =>
  type === 'local' ? { [variableOf('links')]: 'true' } : {};

/** The value of an option or secret of the remote. */
export const optionOf = ({ environment }: RcloneRemote, option: string): string | undefined =>
  environment[variableOf(option)];

/** The environment variable in which rclone looks for an option of the remote. */
const variableOf = (option: string): string => `RCLONE_CONFIG_${REMOTE_NAME}_${option}`.toUpperCase();

/**
 * The environment that declares a remote to rclone, and to restic's `rclone:`, in place of a configuration file.
 * Fails with `SecretMissing`, `SecretsFileLoose`.
 */
export async function remoteEnvironment(
  loaded: LoadedEstate,
  name: string,
  secrets: SecretResolver,
): Promise<Record<string, string>> {
  const declared = declaredRemote(loaded, name);
  const settings: [string, string][] = [['type', declared.type], ...Object.entries(declared.options)];
  for (const [option, secret] of Object.entries(declared.secrets)) {
    settings.push([option, await secrets.resolve(secret, `remote ${name}`)]);
  }
  return {
    RCLONE_CONFIG: '/dev/null',
    ...Object.fromEntries(settings.map(([option, value]) => [variableOf(option), value])),
  };
}

/** A path of a remote as rclone takes it. A relative one on this machine's own disks is relative to the estate file. */
export function remoteLocation(loaded: LoadedEstate, name: string, path: string): string {
  const { type } = declaredRemote(loaded, name);
  return `${REMOTE_NAME}:${type === 'local' ? resolve(loaded.directory, path) : path}`;
}

function declaredRemote({ estate }: LoadedEstate, name: string) {
  const declared = Object.hasOwn(estate.remotes, name) ? estate.remotes[name] : undefined;
  if (!declared) throw new FtsError('PathMissing', `the estate declares no remote ${name}`);
  return declared;
}
