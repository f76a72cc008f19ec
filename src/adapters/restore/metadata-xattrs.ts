import type { FileHandle } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { bytesOfPrinted } from '../../domain/names.js';
import { HANDED } from '../project/tool.js';
import { streamTool } from '../tool-stream.js';
import { findTool } from '../tools.js';

/** An entry of the tree, and its extended attributes: names as the manifest has them, values in base64. */
export interface Attributed {
  path: Buffer;
  xattrs: Readonly<Record<string, string>>;
}

/** Only root has these. */
const ROOTS_OWN = /^(trusted|security)\./;

/**
 * Sets extended attributes, POSIX ACLs among them, of entries of a tree, of links themselves. Resolves to how many entries did
 * not get all of theirs: as the worker is not root, setfattr(1) is not installed, or the filesystem refuses.
 */
export async function setAttributes(tree: FileHandle, entries: readonly Attributed[]): Promise<number> {
  if (entries.length === 0) return 0;
  const setfattr = await findSetfattr();
  if (setfattr === undefined) return entries.length;
  const lacking = new Set<string>();
  let others = 0;
  const tool = await streamTool({
    file: 'env',
    args: [`--chdir=${HANDED}`, setfattr, '-h', '--restore=-'],
    folder: tree,
    onComplaint: () => {
      others += 1;
    },
  });
  const asRoot = process.getuid?.() === 0;
  for (const { path, xattrs } of entries) {
    const given = Object.entries(xattrs).filter(([name]) => asRoot || !ROOTS_OWN.test(name));
    if (given.length < Object.keys(xattrs).length) lacking.add(path.toString('latin1'));
    const lines = given.map(([name, value]) => `${quoted(bytesOfPrinted(name))}=0s${value}\n`);
    if (given.length > 0) await tool.write(`# file: ./${quoted(path)}\n${lines.join('')}\n`);
  }
  await tool.end();
  return Math.min(entries.length, lacking.size + others);
}

/** The path of setfattr(1), which is not installed everywhere. */
export async function findSetfattr(): Promise<string | undefined> {
  try {
    return (await findTool('setfattr')).path;
  } catch (error) {
    if (error instanceof FtsError && error.type === 'ToolMissing') return undefined;
    throw error;
  }
}

/** As getfattr(1) writes names, so that setfattr(1) reads them: whatever is not plain as `\ooo`. */
const quoted = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w./-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  }).join('');
