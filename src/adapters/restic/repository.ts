import { relative } from 'node:path';
import type { LoadedEstate } from '../../estate/load.js';
import { repositoryRemotePath, volumeRoot } from '../../estate/lookup.js';
import { FtsError } from '../../domain/failures.js';
import { lockPath } from '../locks.js';
import { remoteEnvironment, remoteLocation } from '../rclone-remote.js';
import type { SecretResolver } from '../secrets.js';
import type { State } from '../state.js';
import { findTool } from '../tools.js';
import { safePath } from '../volume/path.js';

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
  /**
   * Root of that volume, in which restic stands; it is told the folder relative to it. A volume that is unmounted
   * during a run takes restic along, and nothing is written into the empty mountpoint.
   */
  directory: string | undefined;
  /** For a repository behind a remote: the rclone binary, and the repository's folder as rclone names it. */
  rclone: { file: string; folder: string } | undefined;
}

/** How restic is told that rclone reaches a repository. */
const RCLONE = 'rclone:';

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
  let directory: string | undefined;
  if (declared.volume !== undefined) {
    directory = volumeRoot(loaded, declared.volume);
    folder = await safePath(directory, declared.path ?? '', { mustExist: false });
    location = `./${relative(directory, folder)}`; // with the dot it is a path, whatever its name
  } else if (declared.remote !== undefined) {
    const place = remoteLocation(loaded, declared.remote, repositoryRemotePath(loaded.estate, name) ?? '');
    location = `${RCLONE}${place}`;
    Object.assign(environment, await remoteEnvironment(loaded, declared.remote, secrets));
  } else {
    location = declared.url ?? '';
  }
  environment.RESTIC_REPOSITORY = location;

  const rclone = location.startsWith(RCLONE)
    ? { file: (await findTool('rclone')).path, folder: location.slice(RCLONE.length) }
    : undefined;
  return {
    name,
    restic: (await findTool('restic')).path,
    environment,
    options: rclone ? ['-o', `rclone.program=${rclone.file}`] : [],
    rclone,
    lock: await lockPath(
      {
        name: 'repository', // two names for one place share its lock
        location: folder ?? location,
        volumeRoot: directory,
      },
      { estate: loaded.estate.estate, state },
    ),
    folder,
    directory,
  };
}
