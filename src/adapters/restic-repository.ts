import type { LoadedEstate } from '../estate/load.js';
import { repositoryRemotePath, volumeRoot } from '../estate/lookup.js';
import { FtsError } from '../domain/failures.js';
import { lockPath } from './locks.js';
import type { SecretResolver } from './secrets.js';
import type { State } from './state.js';
import { findTool } from './tools.js';
import { safePath } from './volume-path.js';

/** A repository with all that restic needs to open it. Lives for one activity: it holds the password. */
export interface ResticRepository {
  name: string;
  /** The restic binary. */
  restic: string;
  /** Location, password and credentials, as restic's environment variables: none of them is an argument. */
  environment: Record<string, string>;
  /** Options before the command: `-o rclone.program=…`. */
  options: string[];
  /** Lock that every writer of this product on this host takes. */
  lock: string;
  /** Folder of a repository on a volume of this host. */
  folder: string | undefined;
}

/** rclone's name for the one remote a repository may be reached through; it exists in restic's environment only. */
const RCLONE_REMOTE = 'fts';

/**
 * Looks up where a repository is and resolves its secrets. Touches nothing.
 * Fails with `SecretMissing`, `SecretsFileLoose`, `ToolMissing`, `PathUnsafe`.
 */
export async function openRepository(
  loaded: LoadedEstate,
  name: string,
  { state, secrets }: { state: State; secrets: SecretResolver },
): Promise<ResticRepository> {
  const declared = loaded.estate.repositories[name];
  if (!declared) throw new FtsError('RepositoryMissing', `the estate declares no repository ${name}`);
  const neededBy = `repository ${name}`;
  const environment: Record<string, string> = {
    RESTIC_PASSWORD: await secrets.resolve(declared.password, neededBy),
    RESTIC_PROGRESS_FPS: '1',
  };
  for (const [variable, value] of Object.entries(declared.environment)) {
    environment[variable] = typeof value === 'string' ? await secrets.resolve(value, neededBy) : value.value;
  }

  let location: string;
  let folder: string | undefined;
  if (declared.volume !== undefined) {
    folder = await safePath(volumeRoot(loaded, declared.volume), declared.path ?? '', { mustExist: false });
    location = folder;
  } else if (declared.remote !== undefined) {
    const remote = loaded.estate.remotes[declared.remote];
    if (!remote) throw new FtsError('RepositoryMissing', `the estate declares no remote ${declared.remote}`);
    location = `rclone:${RCLONE_REMOTE}:${repositoryRemotePath(loaded.estate, name) ?? ''}`;
    const settings: [string, string][] = [['type', remote.type]];
    for (const [option, value] of Object.entries(remote.options)) settings.push([option, value]);
    for (const [option, secret] of Object.entries(remote.secrets)) {
      settings.push([option, await secrets.resolve(secret, `remote ${declared.remote}`)]);
    }
    for (const [option, value] of settings) {
      environment[`RCLONE_CONFIG_${RCLONE_REMOTE}_${option}`.toUpperCase()] = value;
    }
    environment.RCLONE_CONFIG = '/dev/null';
  } else {
    location = declared.url ?? '';
  }
  environment.RESTIC_REPOSITORY = location;

  return {
    name,
    restic: (await findTool('restic')).path,
    environment,
    options: location.startsWith('rclone:')
      ? ['-o', `rclone.program=${(await findTool('rclone')).path}`]
      : [],
    lock: await lockPath(
      {
        name: `repository-${name}`,
        location,
        volumeRoot: declared.volume === undefined ? undefined : volumeRoot(loaded, declared.volume),
      },
      { estate: loaded.estate.estate, state },
    ),
    folder,
  };
}
