import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';

/**
 * Everything a person could miss in a tree: for each name (hex, as names need not be UTF-8) its type, mode, owner,
 * nanosecond mtime, content hash or link target, and which names share an inode. `skip` leaves out names at the root.
 */
export async function treeOf(
  root: string,
  skip: (name: string) => boolean = () => false,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const inodes = new Map<bigint, string>();
  const walk = async (folder: Buffer, prefix: string): Promise<void> => {
    for (const name of (await readdir(folder, { encoding: 'buffer' })).sort((a, b) => a.compare(b))) {
      if (prefix === '' && skip(name.toString())) continue;
      const path = Buffer.concat([folder, Buffer.from('/'), name]);
      const key = `${prefix}/${name.toString('hex')}`;
      const stats = await lstat(path, { bigint: true });
      const facts = [stats.mode.toString(8), stats.uid, stats.gid, stats.mtimeNs];
      if (stats.isFile()) {
        const first = inodes.get(stats.ino) ?? key;
        inodes.set(stats.ino, first);
        facts.push(
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
          first,
        );
      }
      if (stats.isSymbolicLink()) facts.push((await readlink(path, { encoding: 'buffer' })).toString('hex'));
      found[key] = facts.join(' ');
      if (stats.isDirectory()) await walk(path, key);
    }
  };
  await walk(Buffer.from(root), '');
  return found;
}
