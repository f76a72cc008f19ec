import type { Removal } from './hold.js';
import { exactSize } from './units.js';

/** What a job may do without asking; absent: any amount. Bytes, shares 0..1. Equal to a limit is allowed. */
export interface Limits {
  deletes?: number | undefined;
  deleteBytes?: number | undefined;
  deleteShare?: number | undefined;
  changeShare?: number | undefined;
}

/** What a plan wants, and of how many. */
export interface Planned {
  deletes: Removal;
  /** Files overwritten; purge and graduation have none. */
  changes?: number;
  /** Files there before the run, of which shares are taken. */
  total: number;
}

/** Shares of little say little: they count only above so many deletions or changes. */
const SHARE_COUNTS_ABOVE = { deletes: 20, changes: 100 } as const;

/** Every limit that a plan exceeds, in a sentence for people; undefined if it stays within all. */
export function exceededLimits(
  limits: Limits | undefined,
  { deletes, changes = 0, total }: Planned,
): string | undefined {
  if (limits === undefined) return undefined;
  const found: string[] = [];
  if (limits.deletes !== undefined && deletes.files > limits.deletes) {
    const noun = deletes.files === 1 ? 'file' : 'files';
    found.push(
      `${String(deletes.files)} ${noun} would be deleted, and ${String(limits.deletes)} are allowed`,
    );
  }
  if (limits.deleteBytes !== undefined && deletes.bytes > limits.deleteBytes) {
    found.push(
      `${exactSize(deletes.bytes)} would be deleted, and ${exactSize(limits.deleteBytes)} are allowed`,
    );
  }
  for (const [share, count, minimum, done] of [
    [limits.deleteShare, deletes.files, SHARE_COUNTS_ABOVE.deletes, 'deleted'],
    [limits.changeShare, changes, SHARE_COUNTS_ABOVE.changes, 'changed'],
  ] as const) {
    if (share === undefined || count <= minimum || count <= share * total) continue;
    const part = `${String(count)} of ${String(total)} files`;
    found.push(`${part} (${percent(count / total)}) would be ${done}, and ${percent(share)} are allowed`);
  }
  return found.length === 0 ? undefined : found.join('; ');
}

const percent = (share: number): string => `${String(Math.round(share * 1000) / 10)}%`;
