import { readFile, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import { openBelow } from '../folder-below.js';
import { entryPath } from '../folder-entry.js';
import { HANDED, runProjectTool } from '../project/tool.js';
import { isErrno } from '../state.js';

/** File in staging: which folders were made passable for their owner, who is not root. */
const LOOSENED = Buffer.from('loosened.json');

/** A folder that has another mode until the end: its path in the restored tree (hex), the mode that is meant, its inode. */
const Loosened = z.array(z.tuple([z.string(), z.number(), z.string()]));
export type Loosened = z.infer<typeof Loosened>;

/** Root goes everywhere. */
export const needsLoosening = (): boolean => process.getuid?.() !== 0;

const FOLDERS = ['-type', 'd', '!', '-perm', '-u=rwx'];
const FILES = ['-type', 'f', '!', '-perm', '-u=rw'];

/** Lets the owner of a staged tree look at all of it, so that restic can compare it; restic sets the modes anew. */
export async function loosenAll(tree: FileHandle, signal?: AbortSignal): Promise<void> {
  const folders = ['(', ...FOLDERS, '-exec', 'chmod', 'u+rwx', '{}', ';', ')'];
  const files = ['(', ...FILES, '-exec', 'chmod', 'u+rw', '{}', '+', ')'];
  await runProjectTool({
    file: 'find',
    args: ['-P', HANDED, '-xdev', '-mindepth', '1', ...folders, '-o', ...files],
    folder: tree,
    signal,
  });
}

/**
 * Lets the owner of a staged tree pass all its folders, and notes in staging which had another mode. To be done before
 * the tree counts as fetched: an attempt that breaks off here lets restic set the modes anew.
 */
export async function loosenFolders(
  staging: FileHandle,
  tree: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const chunks: Buffer[] = [];
  await runProjectTool({
    file: 'find',
    args: [
      ...['-P', HANDED, '-xdev', '-mindepth', '1', ...FOLDERS],
      ...['-printf', '%m\\0%i\\0%P\\0', '-exec', 'chmod', 'u+rwx', '{}', ';'],
    ],
    folder: tree,
    signal,
    onStdout: (chunk) => chunks.push(chunk),
  });
  const loosened: Loosened = [];
  const fields = Buffer.concat(chunks).toString('latin1').split('\0');
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [mode = '', inode = '', path = ''] = fields.slice(at, at + 3);
    loosened.push([Buffer.from(path, 'latin1').toString('hex'), parseInt(mode, 8), inode]);
  }
  await writeFile(entryPath(staging, LOOSENED), JSON.stringify(loosened), { mode: 0o600 });
}

/** What was noted; empty where nothing was. */
export async function readLoosened(staging: FileHandle): Promise<Loosened> {
  try {
    return Loosened.parse(JSON.parse(await readFile(entryPath(staging, LOOSENED), 'utf8')));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The modes that are meant, by path as latin1. */
export const meantModes = (loosened: Loosened): ReadonlyMap<string, number> =>
  new Map(loosened.map(([path, mode]) => [Buffer.from(path, 'hex').toString('latin1'), mode]));

/**
 * Gives published folders the mode that is meant, the innermost first. One that is not where it was put, or is another,
 * stays as it is. `placeOf` tells where a path of the tree was put, below the root; undefined for nowhere. Safe to repeat.
 */
export async function tightenFolders(
  root: FileHandle,
  loosened: Loosened,
  placeOf: (path: Buffer) => Buffer[] | undefined,
): Promise<void> {
  for (const [hex, mode, inode] of [...loosened].reverse()) {
    const place = placeOf(Buffer.from(hex, 'hex'));
    if (place === undefined) continue;
    try {
      const folder = await openBelow(root, place, '');
      try {
        const { ino } = await folder.stat({ bigint: true });
        if (String(ino) === inode) await folder.chmod(mode);
      } finally {
        await folder.close();
      }
    } catch (error) {
      const isElsewhere = error instanceof FtsError || isErrno(error, 'EACCES', 'EPERM');
      if (!isElsewhere) throw error;
    }
  }
}
