import { mkdir, readdir, realpath, rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { detach, isMounted, mountRepository, requireFuse } from '../adapters/restic/mount.js';
import { isErrno } from '../adapters/state.js';
import { FtsError } from '../domain/failures.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { type Looking, openHere, openLooking } from './looking.js';
import { note, printJson, printLine } from './output.js';

export interface BrowseOptions {
  estate?: string;
  json: boolean;
  /** Where to mount. */
  folder: string;
  repository?: string | undefined;
}

/** `fts browse`: a repository as folders, until Ctrl-C. */
export async function browse({ estate: file, json, ...options }: BrowseOptions): Promise<number> {
  const looking = await openLooking(file);
  const repository = await openHere(looking, options.repository ?? onlyRepository(looking));
  await requireFuse(process.env);
  const { folder, made } = await emptyFolder(resolve(options.folder));
  const end = endOnSignal();
  const answered = new Set<string>();
  try {
    await mountRepository(repository, {
      ...{ folder, signal: end.signal },
      onMounted: () => {
        answered.add(folder);
        if (json) printJson({ repository: repository.name, folder });
        else printLine(`repository ${repository.name} can be read at ${folder}: see snapshots/latest`);
        note('Ctrl-C, or `umount`, ends it. What is there is as it was saved, and cannot be changed.');
      },
    });
  } catch (error) {
    if (answered.size === 0 || !json || !(error instanceof FtsError)) throw error;
    note(error.message); // the one JSON object has been printed
    return ExitCode.unhealthy;
  } finally {
    end.dispose();
    if (made) await rmdir(folder).catch(() => undefined); // somebody put something there: it stays
  }
  return end.signal.aborted && end.signal.reason === 'SIGINT' ? ExitCode.interrupted : ExitCode.complete;
}

/** The one repository of this host. Throws `UsageError` where there are several. */
function onlyRepository({ loaded: { estate }, here }: Looking): string {
  const names = Object.keys(estate.repositories).filter((name) =>
    here.has(estate.repositories[name]?.host ?? ''),
  );
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new UsageError(
    names.length === 0 ? 'this host looks after no repository' : 'this host looks after several repositories',
    {
      hint:
        names.length === 0
          ? '`fts snapshots` says which host does'
          : `say which: ${names.map((name) => `fts browse ${name} FOLDER`).join(' or ')}`,
    },
  );
}

/** The folder, made if it is not there. Throws `UsageError` if it holds something, which a mount would hide. */
async function emptyFolder(path: string): Promise<{ folder: string; made: boolean }> {
  const made = await mkdir(path).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'EEXIST')) return false;
      if (!isErrno(error, 'ENOENT')) throw error;
      throw new UsageError(`${path} cannot be made: the folder above it does not exist`);
    },
  );
  if (await isMounted(path)) await endLeftover(path);
  try {
    const folder = await realpath(path);
    if ((await readdir(folder)).length === 0) return { folder, made };
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR')) throw error;
    throw new UsageError(`${path} is no folder`);
  }
  throw new UsageError(`${path} is not empty, and a mount would hide what is in it`, {
    hint: 'name an empty folder, or one that does not exist yet',
  });
}

/** A mount whose restic was killed answers nobody; a living one is somebody's. */
async function endLeftover(path: string): Promise<void> {
  const alive = await readdir(path).then(
    () => true,
    () => false,
  );
  if (alive)
    throw new UsageError(`a repository is mounted at ${path} already`, {
      hint: `look into it, or: umount ${path}`,
    });
  await detach(path);
}

/** Aborts, with the signal's name as the reason, when this process is asked to end. */
function endOnSignal(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const end = (name: NodeJS.Signals): void => {
    controller.abort(name);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, end);
    },
  };
}
