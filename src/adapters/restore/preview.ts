import { lstatSync } from 'node:fs';
import { printableName } from '../../domain/names.js';
import { type Amount, type Conflict, type ConflictPolicy, type Conflicts } from '../../domain/restore.js';
import { firstConflicts } from '../../domain/restore-conflicts.js';
import type { EntryKind, TreeEntry } from './tally.js';
import { isErrno } from '../state.js';

/** What a restore in place would meet, by what lstat tells: size, time, mode and owner. */
export interface Preview {
  unchanged: Amount;
  conflicts: Conflicts;
  /** What is there in place of the restored. */
  live: Amount;
}

const ACTIONS = { keep: 'kept', replace: 'replaced', rename: 'renamed' } as const;

/** Compares a snapshot's entries with a live tree, one by one as they are told. Reads names and times only. */
export function previewOf(
  root: string,
  policy: ConflictPolicy,
  isSame: (entry: TreeEntry, live: Live) => boolean = isAsTold,
) {
  const preview: Preview = {
    unchanged: { files: 0, bytes: 0 },
    conflicts: { count: 0, first: [] },
    live: { files: 0, bytes: 0 },
  };
  const first = firstConflicts();
  return {
    add: (entry: TreeEntry): void => {
      if (entry.path.includes('\ufffd')) return; // restic does not tell its name
      const live = liveEntry(`${root}/${entry.path}`);
      if (live === undefined || (live.isDirectory() && entry.kind === 'dir')) return;
      if (isSame(entry, live)) {
        preview.unchanged.files += 1;
        preview.unchanged.bytes += entry.size;
        return;
      }
      preview.live.files += 1;
      if (live.isFile()) preview.live.bytes += Number(live.size);
      const conflict: Conflict = { ...printableName(entry.path), action: ACTIONS[policy] };
      first.add(conflict);
    },
    result: (): Preview => ({ ...preview, conflicts: first.result() }),
  };
}

/** What is live there; undefined for nothing, also where a file is in place of a folder above it. */
function liveEntry(path: string): Live | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined;
    throw error;
  }
}

type Live = NonNullable<ReturnType<typeof lstatSync>> & { mtimeNs: bigint };

function isAsTold(entry: TreeEntry, live: Live): boolean {
  const isKind: Record<EntryKind, boolean> = {
    file: live.isFile(),
    dir: live.isDirectory(),
    symlink: live.isSymbolicLink(),
    fifo: live.isFIFO(),
    dev: live.isBlockDevice(),
    chardev: live.isCharacterDevice(),
  };
  const sameOwner = Number(live.uid) === entry.uid && Number(live.gid) === entry.gid;
  const sameMode = entry.kind === 'symlink' || (Number(live.mode) & 0o7777) === entry.mode;
  const sameSize = entry.kind !== 'file' || Number(live.size) === entry.size;
  return isKind[entry.kind] && sameOwner && sameMode && sameSize && live.mtimeNs === entry.modifiedNs;
}

const MILLISECOND_NS = 1_000_000n;

/** Of a mirror size and time are known, the time to the millisecond. */
export const isAsListed = ({ kind, size, modifiedNs }: TreeEntry, live: Live): boolean =>
  kind === 'symlink'
    ? live.isSymbolicLink()
    : live.isFile() &&
      Number(live.size) === size &&
      live.mtimeNs / MILLISECOND_NS === modifiedNs / MILLISECOND_NS;
