import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER_FILES = 100;
const AT_ONCE = 64;

/** The same bytes for the same name, in which no tool finds anything to compress or to share. */
export function contentOf(name: string, bytes: number): Buffer {
  const seed = createHash('sha256').update(name).digest();
  return createCipheriv('aes-128-ctr', seed.subarray(0, 16), seed.subarray(16)).update(Buffer.alloc(bytes));
}

/** Names of so many files, a hundred in a folder, ten folders in a folder. */
export const fileNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => {
    const folder = Math.floor(index / FOLDER_FILES);
    return join(
      `part-${String(Math.floor(folder / 10))}`,
      `folder-${String(folder % 10)}`,
      `file-${String(index)}`,
    );
  });

/** Writes files of `bytes` in all; `edition` makes their contents others. Most are small, one in a hundred is large. */
export async function writeTree(
  root: string,
  { names, bytes, edition = 0 }: { names: readonly string[]; bytes: number; edition?: number },
): Promise<void> {
  const folders = new Set(names.map((name) => join(root, name, '..')));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const share = bytes / (names.length || 1);
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const batch = names.slice(at, at + AT_ONCE).map((name, index) => {
      const size = (at + index) % 100 === 0 ? share * 50.5 : share * 0.5;
      return writeFile(join(root, name), contentOf(`${String(edition)}/${name}`, Math.round(size)));
    });
    await Promise.all(batch);
  }
}
