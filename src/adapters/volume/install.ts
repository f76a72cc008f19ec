import { constants } from 'node:fs';
import { lchown, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { isProtectedName } from '../../domain/purge.js';
import { OWN_FOLDER, type Sentinel, SENTINEL_NAME, sentinelText } from '../../domain/sentinel.js';
import { crashPoint } from '../crash-point.js';
import { isErrno } from '../state.js';
import { runChild } from './child.js';
import { safePath } from './path.js';

/** Makes a volume's own folder and the declared ones where they are missing. Fails with `PathUnsafe`. Safe to repeat. */
export async function makeFolders(
  root: string,
  declared: readonly string[],
): Promise<{ made: string[]; present: string[] }> {
  const made: string[] = [];
  const present: string[] = [];
  await makeFolder(root, OWN_FOLDER, 0o700);
  for (const name of declared) {
    const isNew = await makeFolder(root, name, 0o755);
    (isNew ? made : present).push(name);
  }
  return { made, present };
}

/** Whether nothing lies below a root but declared folders, and what this product and the filesystem keep there. */
export async function holdsNothing(root: string, declared: readonly string[], below = ''): Promise<boolean> {
  const made = new Set(declared.flatMap(withParents));
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    if (below === '' && isProtectedName(entry.name)) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (!entry.isDirectory() || !made.has(path)) return false;
    if (!(await holdsNothing(root, declared, path))) return false;
  }
  return true;
}

/** Makes one folder below the root with its parents, each looked at before. Whether it was not there before. */
async function makeFolder(root: string, relative: string, mode: number): Promise<boolean> {
  let isNew = false;
  for (const step of withParents(relative)) {
    const path = await safePath(root, step, { mustExist: false });
    try {
      await mkdir(path, { mode });
      isNew = true;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
      isNew = false;
      if (!(await lstat(path)).isDirectory()) throw new FtsError('PathUnsafe', `${path} is not a folder`);
    }
  }
  return isNew;
}

/** `a/b` as `a` and `a/b`. */
const withParents = (relative: string): string[] =>
  relative
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((_, index, names) => names.slice(0, index + 1).join('/'));

/**
 * Gives the root, the declared folders and the volume's own to the declared owner, as far as they are not; what is
 * in them stays as it is. Answers with what the operator must know where that is not possible. Safe to repeat.
 */
export async function setOwner(root: string, declared: readonly string[], owner: string): Promise<string[]> {
  const [uid, gid] = [await numericId('-u', owner), await numericId('-g', owner)];
  if (uid === undefined || gid === undefined) {
    return [`there is no user ${owner} on this host; the owner of the folders was left as it is`];
  }
  const folders = ['', OWN_FOLDER, ...declared.flatMap(withParents)].map((name) => join(root, name));
  const strange: string[] = [];
  for (const path of folders) if ((await lstat(path)).uid !== uid) strange.push(path);
  if (strange.length === 0) return [];
  if (process.getuid?.() !== 0) {
    return [`only root can give folders to ${owner}; as root: chown ${owner}: ${strange.join(' ')}`];
  }
  for (const path of strange) await lchown(path, uid, gid);
  return [];
}

async function numericId(which: '-u' | '-g', user: string): Promise<number | undefined> {
  const end = await runChild('id', [which, '--', user], { key: `id ${user}`, deadlineMs: 10_000 });
  if (end.kind !== 'ended' || end.exitCode !== 0) return undefined;
  const id = Number(end.stdout.trim());
  return Number.isInteger(id) ? id : undefined;
}

/** Puts the sentinel in place durably, as a whole or not at all. What is there must have been verified before. */
export async function writeSentinel(root: string, sentinel: Sentinel): Promise<void> {
  const draft = join(root, `${SENTINEL_NAME}.new`);
  await rm(draft, { force: true });
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    await file.writeFile(sentinelText(sentinel));
    await file.sync();
  } finally {
    await file.close();
  }
  crashPoint('sentinel-drafted');
  await rename(draft, join(root, SENTINEL_NAME));
  crashPoint('sentinel-placed');
  await syncFolder(root);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
