import { realpath } from 'node:fs/promises';
import { type ResticRepository, openRepository } from '../adapters/restic/repository.js';
import { type SecretResolver, createSecretResolver } from '../adapters/secrets.js';
import { State, stateRoot } from '../adapters/state.js';
import { listSnapshots } from '../adapters/restic/snapshots.js';
import { FtsError } from '../domain/failures.js';
import { printableName } from '../domain/names.js';
import type { Snapshot } from '../domain/snapshot.js';
import { UsageError } from '../domain/usage-error.js';
import type { LoadedEstate } from '../estate/load.js';
import { volumeRoot } from '../estate/lookup.js';
import { volumesSavedTo } from '../estate/saved-by.js';
import { loadEstateOption } from './estate-option.js';
import { hostsHere } from './hosts-here.js';
import { unknownName } from './known-name.js';
import { note } from './output.js';

/** What the commands that look into repositories and mirrors have in common. */
export interface Looking {
  loaded: LoadedEstate;
  state: State;
  secrets: SecretResolver;
  /** Declared hosts that this machine is. */
  here: ReadonlySet<string>;
}

export async function openLooking(estateFile: string | undefined): Promise<Looking> {
  const loaded = await loadEstateOption(estateFile);
  const state = new State(stateRoot(process.env), loaded.estate.estate);
  return {
    ...{ loaded, state, secrets: createSecretResolver(loaded, process.env) },
    here: await hostsHere(loaded, state),
  };
}

/** The host of a declared repository. Throws `UsageError` for one that is not declared. */
function repositoryHost({ loaded: { estate } }: Looking, name: string): string {
  const declared = Object.hasOwn(estate.repositories, name) ? estate.repositories[name] : undefined;
  if (declared) return declared.host;
  const names = Object.keys(estate.repositories);
  throw unknownName(
    'repository',
    name,
    names,
    names.length > 0 ? `declared are ${names.join(', ')}` : 'it declares none',
  );
}

/** Throws `UsageError` for a volume that the estate does not declare. */
export function requireVolume({ loaded: { estate } }: Looking, name: string): void {
  if (Object.hasOwn(estate.volumes, name)) return;
  const names = Object.keys(estate.volumes);
  throw unknownName('volume', name, names, `declared are ${names.join(', ')}`);
}

/** Throws `UsageError`, naming the host, for something that another machine looks after. */
export function requireHere({ here }: Looking, what: string, host: string): void {
  if (here.has(host)) return;
  throw new UsageError(`${what} is looked after by ${host}, which this machine is not`, {
    hint: `run it on ${host}`,
  });
}

/** Opens a repository to look into it, on its host. */
export async function openHere(looking: Looking, name: string): Promise<ResticRepository> {
  requireHere(looking, `repository ${name}`, repositoryHost(looking, name));
  return openRepository(looking.loaded, name, looking);
}

/** Why something could not be looked into. */
export interface LookProblem {
  repository?: string;
  remote?: string;
  type: string;
  message: string;
  hint?: string;
}

export interface LookedInto<T> {
  name: string;
  answer: T;
}

/** What was found in several places. */
export interface Looks<T> {
  answers: LookedInto<T>[];
  problems: LookProblem[];
  /** Why there is no answer, if there is none: to be thrown. */
  failure?: Error;
}

/**
 * Looks into several repositories at once. What another host looks after, and what was never made, is said and left out;
 * what fails is said too, and is a problem.
 */
export async function lookIntoAll<T>(
  looking: Looking,
  names: readonly string[],
  look: (repository: ResticRepository) => Promise<T>,
): Promise<Looks<T>> {
  const looks = await Promise.all(names.map((name) => lookIntoOne(looking, name, look, names.length > 1)));
  const failures = looks.flatMap((one) => ('error' in one ? [one.error] : []));
  const answers = looks.flatMap((one) => ('answer' in one ? [one] : []));
  const failed = failures.filter((error) => error instanceof FtsError);
  if (answers.length > 0 || names.length > 1)
    for (const { message } of failures) note(`left out: ${message}`);
  const failure = failed[0] ?? failures[0];
  return {
    answers,
    problems: looks.flatMap((one) => ('error' in one ? (one.problem ?? []) : [])),
    ...(answers.length === 0 && failure && { failure }),
  };
}

/**
 * Lists the snapshots of a repository. What cannot be read of it is said, and collected: an answer without it is not whole.
 */
export async function snapshotsOf(
  repository: ResticRepository,
  problems: LookProblem[] = [],
): Promise<Snapshot[]> {
  return listSnapshots(repository, undefined, (ids) => {
    const named = ids.map((id) => id.slice(0, 8)).join(', ');
    problems.push(notWhole(repository, `left out are snapshots whose own files are damaged: ${named}`));
  });
}

/** Says that not all of a repository could be read. */
export function notWhole({ name }: ResticRepository, what: string): LookProblem {
  const message = `repository ${name}: ${what}`;
  const hint = 'run `restic check` on it';
  note(`${message}; ${hint}`);
  return { repository: name, type: 'RepositoryDamaged', message, hint };
}

type OneLook<T> = LookedInto<T> | { error: Error; problem?: LookProblem } | { absent: string };

async function lookIntoOne<T>(
  looking: Looking,
  name: string,
  look: (repository: ResticRepository) => Promise<T>,
  mayBeAbsent: boolean,
): Promise<OneLook<T>> {
  try {
    return { name, answer: await look(await openHere(looking, name)) };
  } catch (error) {
    if (error instanceof UsageError && !looking.here.has(repositoryHost(looking, name))) return { error };
    if (!(error instanceof FtsError)) throw error;
    const { type, message, hint } = error;
    if (mayBeAbsent && type === 'RepositoryMissing' && !(await wasSeen(looking, name))) {
      note(`repository ${name} is not there yet`);
      return { absent: name };
    }
    return { error, problem: { repository: name, type, message, ...(hint !== undefined && { hint }) } };
  }
}

/** Whether a run ever found the repository (`repositories/` in the state). */
async function wasSeen({ state }: Looking, name: string): Promise<boolean> {
  return realpath(state.path('repositories', `${name}.json`)).then(
    () => true,
    () => false,
  );
}

/** The root of a volume as declared and, where it is on this machine and another, as resolved. */
export async function rootsOf({ loaded, here }: Looking, volume: string): Promise<string[]> {
  const declared = volumeRoot(loaded, volume);
  const host = loaded.estate.volumes[volume]?.host;
  const real =
    host !== undefined && here.has(host) ? await realpath(declared).catch(() => declared) : declared;
  return [...new Set([declared, real])];
}

/** Whether a snapshot of one path in this repository can only be of this volume. */
export const isOnlyVolume = ({ loaded }: Looking, repository: string, volume: string): boolean => {
  const saved = volumesSavedTo(loaded.estate, repository);
  return saved.length === 1 && saved[0] === volume;
};

/** Text for people. */
export const shown = (name: Uint8Array | string): string => printableName(name).path;
