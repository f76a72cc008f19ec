import { lstatSync } from 'node:fs';
import { LINK } from '../domain/mirror-filter.js';
import { isLossy } from '../domain/snapshot-node.js';
import { printableName } from '../domain/names.js';
import type { Amount } from '../domain/restore.js';
import { type Part, type RebuildRecord } from './rebuild-record.js';
import { mirrorEntries } from './rebuild-mirror.js';
import { walkSnapshot } from './rebuild-snapshot.js';
import { onGround, volumeGround } from './restore-ground.js';
import { scanTree } from './restore-scan.js';
import type { RestoreSetting } from './restore-setting.js';
import { findSource } from './restore-source.js';
import type { TreeEntry } from './restore-tally.js';

/** What of a source is on the volume. */
export interface FoundOnVolume {
  verified: Amount;
  /** By the part's number in its source: how many entries are not there, and the first of them. */
  missing: Map<number, { count: number; first: string }>;
}

/** Looks for every entry of a source on the volume, by name. Reads the source's listing, and no content. */
export async function findOnVolume(
  setting: RestoreSetting,
  record: RebuildRecord,
  parts: readonly Part[],
): Promise<FoundOnVolume> {
  const ground = volumeGround(setting, record.volume);
  const found: FoundOnVolume = { verified: { files: 0, bytes: 0 }, missing: new Map() };
  const unspeakable = new Map<string, { entry: TreeEntry; nth: number }[]>();
  let seen = new Set<string>();
  let current = -1;
  let files = 0;
  const count = (entry: TreeEntry): void => {
    if (entry.kind === 'dir') return;
    found.verified.files += 1;
    if (entry.kind !== 'file' || (entry.inode !== undefined && seen.has(entry.inode))) return;
    if (entry.inode !== undefined) seen.add(entry.inode);
    found.verified.bytes += entry.size;
  };
  const hear = (entry: TreeEntry, nth: number): void => {
    if (nth !== current) {
      current = nth;
      seen = new Set();
    }
    files += 1;
    if (files % 1000 === 0) setting.tell({ phase: 'verify', files });
    if (isLossy(entry.path)) {
      const alike = unspeakable.get(entry.path) ?? [];
      unspeakable.set(entry.path, [...alike, { entry, nth }]);
    } else if (isThere(`${ground.root}/${entry.path}`) || isLinkAsFile(ground.root, entry)) count(entry);
    else miss(found, entry, nth);
  };
  if ('remote' in record.source) await mirrorEntries(setting, record, parts, hear);
  else {
    const { repository, snapshotId: snapshot } = record.source;
    const source = await findSource(setting, { repository, snapshot }, record.volume);
    await walkSnapshot(setting, { found: source, base: record.base }, record, { onEntry: hear });
  }
  if (unspeakable.size === 0) return found;
  await onGround(ground, (root) =>
    scanTree(
      root,
      ({ path }) => {
        const told = unspeakable.get(path)?.shift();
        if (told) count(told.entry);
      },
      setting.signal,
    ),
  );
  for (const left of unspeakable.values()) for (const { entry, nth } of left) miss(found, entry, nth);
  return found;
}

const isThere = (path: string): boolean => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP') return false;
    throw error;
  }
};

/** A link of a mirror that could not be made. */
const isLinkAsFile = (root: string, { kind, path }: TreeEntry): boolean =>
  kind === 'symlink' && isThere(`${root}/${path}${LINK}`);

function miss({ missing }: FoundOnVolume, { path }: TreeEntry, nth: number): void {
  const known = missing.get(nth);
  if (known) known.count += 1;
  else missing.set(nth, { count: 1, first: printableName(path).path });
}
