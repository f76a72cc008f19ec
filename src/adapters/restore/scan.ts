import type { FileHandle } from 'node:fs/promises';
import { lossyName } from '../../domain/names.js';
import type { Amount } from '../../domain/restore.js';
import { HANDED, runProjectTool } from '../project/tool.js';
import type { EntryKind, TreeEntry } from './tally.js';

const FIELDS = ['%y', '%m', '%U', '%G', '%s', '%T@', '%D:%i', '%n', '%P'] as const;
const FORMAT = FIELDS.map((field) => `${field}\\0`).join('');
const NUL = 0;

const KINDS: Partial<Record<string, EntryKind>> = {
  ...{ f: 'file', d: 'dir', l: 'symlink', p: 'fifo', b: 'dev', c: 'chardev' },
};

/** An entry on the disk, with its very name. */
export interface ScannedEntry extends TreeEntry {
  bytes: Buffer;
  /** It has several names. */
  isLinked: boolean;
}

/** Looks at everything below an open folder, without following a link or entering another filesystem. */
export async function scanTree(
  folder: FileHandle,
  onEntry: (entry: ScannedEntry) => void,
  signal: AbortSignal,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  await runProjectTool({
    file: 'find',
    args: ['-P', HANDED, '-xdev', '-mindepth', '1', '-printf', FORMAT],
    folder,
    signal,
    onStdout: (chunk) => {
      rest = readEntries(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), onEntry);
    },
  });
}

/** All that is no folder; a file with several names counts once in bytes. */
export async function amountIn(folder: FileHandle, signal: AbortSignal): Promise<Amount> {
  const amount: Amount = { files: 0, bytes: 0 };
  const seen = new Set<string>();
  await scanTree(
    folder,
    ({ kind, size, inode = '' }) => {
      if (kind === 'dir') return;
      amount.files += 1;
      if (kind === 'file' && !seen.has(inode)) amount.bytes += size;
      seen.add(inode);
    },
    signal,
  );
  return amount;
}

/** Calls back for each whole entry and returns what is left over. */
function readEntries(data: Buffer, onEntry: (entry: ScannedEntry) => void): Buffer {
  for (let start = 0; ;) {
    const fields: Buffer[] = [];
    let at = start;
    while (fields.length < FIELDS.length) {
      const end = data.indexOf(NUL, at);
      if (end === -1) return Buffer.from(data.subarray(start));
      fields.push(data.subarray(at, end));
      at = end + 1;
    }
    const entry = entryOf(fields);
    if (entry) onEntry(entry);
    start = at;
  }
}

function entryOf(fields: Buffer[]): ScannedEntry | undefined {
  const [type = '', mode, uid, gid, size, time = '', inode, links] = fields.map((field) =>
    field.toString('latin1'),
  );
  const kind = KINDS[type];
  const path = fields.at(-1);
  if (kind === undefined || path === undefined) return undefined;
  return {
    isLinked: Number(links) > 1,
    ...{ kind, inode, bytes: Buffer.from(path), path: lossyName(path) },
    ...{ size: Number(size), mode: parseInt(mode ?? '', 8), uid: Number(uid), gid: Number(gid) },
    modifiedNs: nanoseconds(time),
  };
}

/** find(1) prints whole seconds, rounded down, and ten digits of the fraction. */
function nanoseconds(time: string): bigint {
  const [seconds = '0', fraction = ''] = time.split('.');
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
