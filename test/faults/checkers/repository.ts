import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { BUCKET, RESTIC_KEY, type Remote } from '../remote.js';
import { PASSWORD, type World } from '../world.js';
import { attributesOf } from './attributes.js';
import { recordOf } from './record.js';
import { difference, type Tree, treeAt } from './tree.js';

/** A repository as its owner reaches it, with plain restic. */
export interface Repository {
  job: string;
  /** How restic is told where it is. */
  location: string;
  /** Ids of the snapshots in it, without restic and without a lock. */
  ids(): Promise<string[]>;
}

/** A snapshot that a request was told of, and what it was to hold. */
export interface Taken {
  id: string;
  tree: Tree;
  attributes: string;
}

export const PREFIX = 'restic/flux';

export const localRepository = ({ space }: World): Repository => ({
  job: 'save',
  location: join(space, 'local'),
  ids: () => readdir(join(space, 'local', 'snapshots')),
});

export const remoteRepository = ({ remote }: World): Repository => ({
  job: 'offsite',
  location: `rclone:faults:${BUCKET}/${PREFIX}`,
  ids: async () => {
    const newest = new Map<string, string>();
    for (const { fileName, action } of await remote.versions())
      if (!newest.has(fileName)) newest.set(fileName, action);
    const folder = `${PREFIX}/snapshots/`;
    return [...newest].flatMap(([name, action]) =>
      action === 'upload' && name.startsWith(folder) ? [name.slice(folder.length)] : [],
    );
  },
});

/** The remote `faults:` for rclone, and so for restic. */
export const remoteEnvironment = ({ endpoint }: Pick<Remote, 'endpoint'>, { id, key } = RESTIC_KEY) => ({
  RCLONE_CONFIG: '/dev/null',
  RCLONE_CONFIG_FAULTS_TYPE: 'b2',
  RCLONE_CONFIG_FAULTS_ACCOUNT: id,
  RCLONE_CONFIG_FAULTS_KEY: key,
  RCLONE_CONFIG_FAULTS_ENDPOINT: endpoint,
});

const restic = async (world: World, { location }: Repository, ...args: string[]) =>
  execa('restic', ['--repo', location, '--no-cache', ...args], {
    env: { ...remoteEnvironment(world.remote), RESTIC_PASSWORD: PASSWORD },
    reject: false,
    all: true,
  });

/** `forget` never leaves fewer than these: the newest three complete ones. */
const ALWAYS_KEPT = 3;

/**
 * What a success says, and what was taken before, is there. Reads the record first. While a run is on it may have taken
 * two more: an attempt that died right after its snapshot was complete, and the one after it.
 */
export async function checkPresence(
  world: World,
  repository: Repository,
  taken: readonly Taken[],
): Promise<string[]> {
  const success = (await recordOf(world, repository.job))?.lastSuccess;
  const recorded = (success?.result as { snapshotId?: string } | null | undefined)?.snapshotId;
  const ids = await repository.ids();
  const violations: string[] = [];
  if (success && recorded === undefined) violations.push('a success on record names no snapshot');
  if (recorded !== undefined && !ids.includes(recorded))
    violations.push(`snapshot ${recorded} is on record as a success, and is not in the repository`);
  const last = taken.at(-1);
  if (last && !ids.includes(last.id))
    violations.push(`snapshot ${last.id}, one of the newest three, is gone`);
  if (ids.length < Math.min(taken.length, ALWAYS_KEPT))
    violations.push(`only ${String(ids.length)} snapshots are left: ${ids.join()}`);
  return violations;
}

interface Listed {
  id: string;
  tags?: string[];
}

/** After a complete run: sound, unlocked, the newest complete, and no more kept than declared. */
export async function checkRepository(
  world: World,
  repository: Repository,
  { taken, keep }: { taken: readonly Taken[]; keep: number },
): Promise<string[]> {
  const newest = taken.at(-1)?.id ?? '';
  const violations: string[] = [];
  const locks = await restic(world, repository, 'list', 'locks', '--no-lock');
  if (locks.stdout.trim() !== '') violations.push(`it is still locked: ${locks.stdout}`);
  const check = await restic(world, repository, 'check', '--no-lock');
  if (check.exitCode !== 0) violations.push(`restic check: ${check.all}`);
  const { stdout } = await restic(world, repository, 'snapshots', '--json', '--no-lock');
  const mine = (JSON.parse(stdout) as Listed[]).filter(({ tags }) => tags?.includes(`job=${repository.job}`));
  const complete = mine.filter(({ tags }) => !tags?.includes('partial'));
  if (!complete.some(({ id }) => id === newest))
    violations.push(`snapshot ${newest}, the newest, is not there as a complete one`);
  if (complete.length !== Math.min(keep, taken.length))
    violations.push(`${String(complete.length)} complete snapshots are kept, not ${String(keep)}`);
  const isLeft = taken.map(({ id }) => complete.some((one) => one.id === id));
  if (isLeft.slice(isLeft.indexOf(true)).includes(false))
    violations.push('an older snapshot was kept in place of a newer one');
  return violations;
}

/** Restores a snapshot with plain restic and compares all of it. */
export async function checkRestore(
  world: World,
  repository: Repository,
  { id, tree, attributes }: Taken,
): Promise<string[]> {
  const target = join(world.folder, 'restored');
  await mkdir(target);
  try {
    const { exitCode, all } = await restic(world, repository, 'restore', id, '--target', target, '--no-lock');
    if (exitCode !== 0) return [`snapshot ${id} does not restore: ${all}`];
    const found = join(target, world.flux, 'data');
    const restored = await treeAt(found);
    const problem = restored ? difference(tree, restored) : 'nothing of it was restored';
    if (problem !== undefined) return [`snapshot ${id}: ${problem}`];
    return (await attributesOf(found)) === attributes ? [] : [`snapshot ${id} has other attributes`];
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}
