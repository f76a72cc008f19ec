import { type FileHandle, mkdir } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import type { SnapshotSource } from '../../domain/restore.js';
import { resticPattern, snapshotFolder } from '../../domain/restic-pattern.js';
import { openBelow } from '../folder-below.js';
import { entryPath, openEntry, within } from '../folder-entry.js';
import { recount } from './contents.js';
import { namesOf } from './beside.js';
import { inOwnFolder, onGround, requireGround, requireRoom, stagingPath } from './ground.js';
import { loosenAll, loosenFolders, needsLoosening } from './loosen.js';
import { type RestoreRecord, writeRestore } from './record.js';
import { unrestoredReport } from './report.js';
import { type ResticProblem, type ResticRestored, resticRestore } from './restic.js';
import type { RestoreSetting } from './setting.js';
import { openGuarded } from './source.js';
import { asReader } from '../restic/reader.js';
import { dropUnrestored } from './unrestored.js';
import type { ResticRepository } from '../restic/repository.js';
import { isErrno } from '../state.js';

/** Folder in a restore's staging that has what the volume's root would have. */
export const TREE = 'tree';

/** What this product and the filesystem keep at a volume's root. */
const NEVER_RESTORED = ['--exclude=/.fts*', '--exclude=/lost+found'];

/**
 * Brings what is to be restored into staging, where the volume's root is the folder `tree`. Safe to repeat: restic
 * compares what is there, fetches what differs, and reads all of it again at the end.
 */
export async function fetchRestore(setting: RestoreSetting, record: RestoreRecord): Promise<RestoreRecord> {
  const { ground } = record.target;
  await requireGround(setting, ground);
  const source = snapshotOf(record);
  const repository = await openGuarded(setting, source.repository);
  const isNew = await onGround(ground, (root) =>
    inOwnFolder(root, ground, { own: 'staging', id: record.id }, async (staging) => {
      try {
        await mkdir(entryPath(staging, Buffer.from(TREE)), { mode: 0o700 });
        return true;
      } catch (error) {
        if (isErrno(error, 'EEXIST')) return false;
        throw error;
      }
    }),
  );
  await inTree(record, (tree) => makeLead(tree, record));
  await setting.onStep('staging-made');
  const bytes = record.items.reduce((sum, { expected }) => sum + expected.bytes, 0);
  if (isNew) await requireRoom(setting, ground, bytes);
  if (!isNew && needsLoosening()) await inTree(record, (tree) => loosenAll(tree, setting.signal));
  const { unlocked, problems } = await restoreAndCompare(setting, repository, record);
  if (ground.volume !== undefined) await setting.requireVolume(ground.volume);
  if (needsLoosening()) await inTree(record, (tree, staging) => loosenFolders(staging, tree, setting.signal));
  const lost = problems.length > 0 ? await withoutLost(setting, repository, record, problems) : {};
  await setting.onStep('fetched');
  return writeRestore(setting.state, record, { step: 'fetched', ...(unlocked && { unlocked }), ...lost });
}

function snapshotOf({ source }: Pick<RestoreRecord, 'source'>): SnapshotSource {
  if ('repository' in source) return source;
  throw new Error('the restore is of a mirror');
}

/** So often are files written that were not what restic had written before. */
const COMPARISONS = 3;

/**
 * Restores, and has restic read all of it again: `--verify` does that if nothing went wrong, and otherwise another run, which
 * writes only what is not as it should be.
 */
async function restoreAndCompare(
  setting: RestoreSetting,
  repository: ResticRepository,
  record: RestoreRecord,
): Promise<{ unlocked: boolean; problems: ResticProblem[] }> {
  const args = restoreArguments(record);
  const { unlocked, ...first } = await runLocked(setting, repository, ['restore', '--verify', ...args]);
  if (first.problems.length === 0 && !first.isBarred) return { unlocked, problems: [] };
  const again = [...(unlocked ? ['--no-lock'] : []), 'restore', '-vv', ...args];
  for (let nth = 1; nth <= COMPARISONS; nth += 1) {
    await setting.onStep('fetched-in-part');
    if (needsLoosening()) await inTree(record, (tree) => loosenAll(tree, setting.signal));
    const { problems, written, isBarred } = await resticRestore(setting, repository, again);
    const lost = new Set(problems.map(({ path }) => path));
    if (!isBarred && written.every((path) => lost.has(path))) return { unlocked, problems };
  }
  throw new FtsError(
    'VerificationFailed',
    `what restic writes to ${stagingPath(record.target.ground, record.id)} is not what it reads there`,
    'look at the disk',
  );
}

/** The record without what could not be restored, which is removed from staging. Fails with `RepositoryDamaged` if nothing is left that should be. */
async function withoutLost(
  setting: RestoreSetting,
  repository: ResticRepository,
  record: RestoreRecord,
  problems: readonly ResticProblem[],
): Promise<Pick<RestoreRecord, 'items' | 'unrestored'>> {
  const { base, lead, id } = record;
  const withLead = ({ path, message }: ResticProblem): ResticProblem => ({
    path: lead === '' ? path : `${lead}/${path}`,
    message,
  });
  const report = unrestoredReport(setting.state, id);
  const { unrestored, isLost } = await inTree(record, (tree) =>
    dropUnrestored(tree, problems.map(withLead), { report, signal: setting.signal }),
  );
  const { snapshotId } = snapshotOf(record);
  const items = record.items.map((item) => ({ ...item, path: Buffer.from(item.path, 'hex') }));
  const left = await recount(setting, { repository, snapshotId }, { base, lead, items }, isLost);
  if (record.mayLack === undefined && left.every(({ expected }) => expected.files === 0)) {
    const [{ path, message } = { path: '', message: '' }] = unrestored.first;
    throw new FtsError(
      'RepositoryDamaged',
      `repository ${repository.name}: nothing of it can be read any more: ${path}: ${message}`,
      'ask for it from another snapshot or repository, and run `restic check` on this one',
    );
  }
  return { items: left.map((item) => ({ ...item, path: item.path.toString('hex') })), unrestored };
}

/** Makes what the snapshot's tree leaves out, as it is live where it is. */
async function makeLead(tree: FileHandle, { lead, target: { ground } }: RestoreRecord): Promise<void> {
  if (lead === '') return;
  const names = namesOf(Buffer.from(lead));
  for (let depth = 1; depth <= names.length; depth += 1) {
    const some = names.slice(0, depth);
    const live = onGround(ground, (root) =>
      within(openBelow(root, some, ground.root), (folder) => folder.stat()),
    );
    const model = await live.catch(() => undefined);
    await within(openBelow(tree, some, ground.root, { make: true }), async (folder) => {
      if (model && !needsLoosening()) await folder.chown(model.uid, model.gid);
      if (model) await folder.chmod((model.mode & 0o7777) | 0o700);
    });
  }
}

const inTree = <T>(
  { target: { ground }, id }: RestoreRecord,
  work: (tree: FileHandle, staging: FileHandle) => Promise<T>,
): Promise<T> =>
  onGround(ground, (root) =>
    inOwnFolder(root, ground, { own: 'staging', id }, (staging) =>
      within(openEntry(staging, Buffer.from(TREE)), (tree) => work(tree, staging)),
    ),
  );

function restoreArguments({ base, lead, items, target, id, source }: RestoreRecord): string[] {
  const skipped = lead === '' ? 0 : Buffer.byteLength(lead) + 1;
  const paths = items.map(({ path }) => Buffer.from(path, 'hex').subarray(skipped));
  const isWhole = paths.some((path) => path.length === 0);
  const never = lead === '' ? NEVER_RESTORED : [];
  return [
    ...[
      '--json',
      '--sparse',
      '--target',
      [stagingPath(target.ground, id), TREE, ...(lead === '' ? [] : [lead])].join('/'),
    ],
    ...(isWhole ? never : paths.map((path) => `--include=/${resticPattern(path)}`)),
    ...['--', snapshotFolder(snapshotOf({ source }).snapshotId, base)],
  ];
}

/** Has restic lock the repository as a reader does; `unlocked` if that cannot be, as nothing can be written there. */
async function runLocked(
  setting: RestoreSetting,
  repository: ResticRepository,
  args: readonly string[],
): Promise<ResticRestored & { unlocked: boolean }> {
  let ended: ResticRestored = { problems: [], written: [], isBarred: false };
  const unlocked = await asReader(async (options) => {
    ended = await resticRestore(setting, repository, [...options, ...args]);
  });
  return { ...ended, unlocked };
}
