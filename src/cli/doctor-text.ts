import { open, readdir } from 'node:fs/promises';

/** So much of a script or unit tells what it does (bytes). */
const HEAD_BYTES = 64 * 1024;

/** The beginning of a text file; empty where it is not there, not ours to read, or no file. */
export async function headOf(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

/** Names in a folder; none where it is not there or not ours to read. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/** Commands are often one call of a script: a text together with the scripts it names by absolute path. */
export async function withScripts(text: string): Promise<string> {
  const scripts = [...text.matchAll(/(?<![\w./-])\/[\w./-]+/g)].map(([path]) => path).filter(isScript);
  const heads = await Promise.all([...new Set(scripts)].slice(0, 10).map(headOf));
  return [text, ...heads.filter((head) => head.startsWith('#!'))].join('\n');
}

/** Devices and the like are not opened. */
const isScript = (path: string): boolean => !/^\/(?:dev|proc|sys|run)\//.test(path);
