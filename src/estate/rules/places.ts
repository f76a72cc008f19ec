import { posix, win32 } from 'node:path';
import type { Draft } from '../draft.js';
import { splitVolumePath } from '../paths.js';
import { localPath } from '../repository-url.js';

/** A place on a host's disks. `path` is absolute, normal, with `/`, and folded where the platform folds case. */
export interface Place {
  host: string;
  path: string;
}

/** Where the volumes, folders and repositories of a draft lie; undefined for what cannot be told. */
export class Places {
  readonly #volumes = new Map<string, Place | undefined>();
  readonly #writers = new Map<string, Set<string>>();

  constructor(
    private readonly draft: Draft,
    /** Folder of the estate file. */
    private readonly directory: string,
  ) {
    for (const [name, { host, mountpoint }] of Object.entries(draft.volumes)) {
      if (host === undefined || mountpoint === undefined) continue;
      this.#volumes.set(name, { host, path: this.#comparable(host, mountpoint) });
    }
    for (const job of Object.values(draft.jobs)) {
      if (job.kind !== 'snapshot' && job.kind !== 'backup') continue;
      const host = job.volume === undefined ? undefined : own(draft.volumes, job.volume)?.host;
      if (host === undefined || job.repository === undefined) continue;
      this.#writers.set(job.repository, (this.#writers.get(job.repository) ?? new Set()).add(host));
    }
  }

  volume(name: string | undefined): Place | undefined {
    return name === undefined ? undefined : this.#volumes.get(name);
  }

  /** Of a `volume/path`. */
  folder(text: string | undefined): Place | undefined {
    if (text === undefined) return undefined;
    const { volume, path } = splitVolumePath(text);
    return this.#below(this.volume(volume), path);
  }

  /** Of a repository on a volume, or with a url that is a local path. */
  repository(name: string | undefined): Place | undefined {
    const repository = name === undefined ? undefined : own(this.draft.repositories, name);
    if (repository?.volume !== undefined) return this.#below(this.volume(repository.volume), repository.path);
    const local = repository?.url === undefined ? undefined : localPath(repository.url);
    const host = name === undefined ? undefined : this.repositoryHost(name);
    return local === undefined || host === undefined ? undefined : this.onHost(host, local);
  }

  /** Of a path on a host's own disks; a relative one is relative to the estate file. */
  onHost(host: string, path: string): Place {
    return { host, path: this.#comparable(host, path) };
  }

  /**
   * The host that looks after a repository: as declared, else that of its volume, of the jobs that write it if they
   * agree, or the only one of the estate.
   */
  repositoryHost(name: string): string | undefined {
    const repository = own(this.draft.repositories, name);
    if (repository?.host !== undefined) return repository.host;
    if (repository?.volume !== undefined) return own(this.draft.volumes, repository.volume)?.host;
    const candidates = [...(this.#writers.get(name) ?? Object.keys(this.draft.hosts))];
    return candidates.length === 1 ? candidates[0] : undefined;
  }

  #below(root: Place | undefined, path: string | undefined): Place | undefined {
    if (!root || path === undefined) return undefined;
    return {
      host: root.host,
      path: posix.join(root.path, this.#fold(root.host, path)).replace(/(?<=.)\/$/, ''),
    };
  }

  #comparable(host: string, path: string): string {
    const absolute =
      own(this.draft.hosts, host)?.platform === 'windows'
        ? win32.normalize(path).replaceAll('\\', '/')
        : posix.resolve(this.directory, path);
    return this.#fold(host, absolute).replace(/(?<=.)\/$/, '');
  }

  #fold(host: string, path: string): string {
    const platform = own(this.draft.hosts, host)?.platform;
    return platform === 'linux' || platform === undefined ? path : path.normalize('NFC').toLowerCase();
  }
}

const own = <T>(section: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(section, name) ? section[name] : undefined;
