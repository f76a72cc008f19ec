import { createHash } from 'node:crypto';
import { lstat, open, readdir, readlink } from 'node:fs/promises';

/** All that a person could miss, by path (hex, as names need not be UTF-8). */
export type Tree = ReadonlyMap<string, Entry>;

interface Entry {
  /** Kind, mode, owner, size, nanosecond time, link target, which other names are the same file. */
  shape: string;
  /** Undefined for what is no file, and where it was not read. */
  hash?: string;
}

export interface TreeOptions {
  skip?: (name: string) => boolean;
  /** Opens no file: graduation keeps what somebody has open. */
  unread?: boolean;
}

const CHUNK_BYTES = 1024 ** 2;

/** What is in a folder, and the folder itself. Rejects where something goes away meanwhile. */
export async function treeOf(
  root: string,
  { skip = () => false, unread = false }: TreeOptions = {},
): Promise<Tree> {
  const tree = new Map<string, Entry>();
  const firstName = new Map<bigint, string>();
  const visit = async (path: Buffer, key: string): Promise<void> => {
    const stats = await lstat(path, { bigint: true });
    const facts = [stats.mode.toString(8), stats.uid, stats.gid, stats.mtimeNs];
    if (stats.isFile()) {
      const first = firstName.get(stats.ino) ?? key;
      firstName.set(stats.ino, first);
      facts.push(stats.size, first);
    }
    if (stats.isSymbolicLink()) facts.push((await readlink(path, { encoding: 'buffer' })).toString('hex'));
    const isRead = stats.isFile() && !unread;
    tree.set(key, { shape: facts.join(' '), ...(isRead && { hash: await hashOf(path) }) });
    if (!stats.isDirectory()) return;
    for (const name of (await readdir(path, { encoding: 'buffer' })).sort((a, b) => a.compare(b))) {
      if (key === '' && skip(name.toString('latin1'))) continue;
      await visit(Buffer.concat([path, Buffer.from('/'), name]), `${key}/${name.toString('hex')}`);
    }
  };
  await visit(Buffer.from(root), '');
  return tree;
}

async function hashOf(path: Buffer): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** The first difference, for people; undefined if there is none. `root`: whether the folder itself counts. */
export function difference(expected: Tree, found: Tree, root = true): string | undefined {
  const name = (key: string): string =>
    key
      .split('/')
      .map((part) => Buffer.from(part, 'hex').toString())
      .join('/') || 'the folder itself';
  for (const [key, { shape, hash }] of expected) {
    if (key === '' && !root) continue;
    const other = found.get(key);
    if (other === undefined) return `${name(key)} is missing`;
    if (other.shape !== shape) return `${name(key)} was ${shape} and is ${other.shape}`;
    if (hash !== undefined && other.hash !== undefined && other.hash !== hash)
      return `${name(key)} has other content`;
  }
  for (const key of found.keys()) if (!expected.has(key)) return `${name(key)} is new`;
  return undefined;
}

/** The tree, or undefined where it is not, or is on its way. */
export const treeAt = (root: string, options?: TreeOptions): Promise<Tree | undefined> =>
  treeOf(root, options).catch(() => undefined);
