import { createHash, randomUUID } from 'node:crypto';
import {
  type Stats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Largest file that is read back (bytes). An estate file has at most one MiB. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Where this user's programs keep what they can make again; undefined where a file does not tell whose it is. A command starts
 * sooner by it, so that all here is read at once, without a turn through other threads.
 */
export function ownCacheFile(
  name: string,
  { XDG_CACHE_HOME, HOME }: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (process.geteuid === undefined) return undefined;
  const home = XDG_CACHE_HOME?.startsWith('/')
    ? XDG_CACHE_HOME
    : HOME?.startsWith('/') && join(HOME, '.cache');
  return home ? join(home, 'fts', name) : undefined;
}

/**
 * What was kept under this key. Undefined for anything that this user alone has not written and can not have written, as a
 * whole, under this very key. Never throws.
 */
export function readOwnCache(file: string, key: string): string | undefined {
  try {
    if (!foldersOf(file).every((folder) => isOwn(lstatSync(folder), 'folder'))) return undefined;
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!isOwn(stats, 'file') || stats.size > MOST_BYTES) return undefined;
      return contentUnder(key, readFileSync(descriptor, 'utf8'));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/**
 * Keeps a text in place of what was there, which stays until all of it is written. Where that cannot be done safely, nothing is
 * kept. Never throws. Dying on the way leaves a draft beside it, which nobody reads.
 */
export function writeOwnCache(file: string, key: string, content: string): void {
  const [home, folder] = foldersOf(file);
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    if (!isOwn(lstatSync(home), 'folder')) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(lstatSync(folder), 'folder')) return;
    writeFileSync(draft, `${key}\n${digest(content)}\n${content}`, { flag: 'wx', mode: 0o600 });
    renameSync(draft, file);
  } catch {
    remove(draft);
  }
}

function remove(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    return; // its folder is none
  }
}

const foldersOf = (file: string): [home: string, folder: string] => [dirname(dirname(file)), dirname(file)];

/** Nobody else can write it, nor read a file. */
function isOwn(stats: Stats, kind: 'folder' | 'file'): boolean {
  if (stats.uid !== process.geteuid?.()) return false;
  if (kind === 'folder') return stats.isDirectory() && (stats.mode & 0o022) === 0;
  return stats.isFile() && stats.nlink === 1 && (stats.mode & 0o077) === 0;
}

/** A file that was cut off, or edited, is not what its second line says. */
function contentUnder(key: string, text: string): string | undefined {
  const [first, second] = text.split('\n', 2);
  if (first === undefined || second === undefined || first !== key) return undefined;
  const content = text.slice(first.length + second.length + 2);
  return digest(content) === second ? content : undefined;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
