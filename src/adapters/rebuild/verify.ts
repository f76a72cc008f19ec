import { type Stats, lstatSync } from 'node:fs';
import { LINK } from '../../domain/mirror-filter.js';
import { isLossy } from '../../domain/snapshot-node.js';
import { lossyName, printableName } from '../../domain/names.js';
import type { Amount } from '../../domain/restore.js';
import { type Part, type RebuildRecord } from './record.js';
import { mirrorEntries } from './mirror.js';
import { SeparatedNames, separatedInMirror } from './separated.js';
import { walkSnapshot } from './snapshot.js';
import { onGround, volumeGround } from '../restore/ground.js';
import { scanTree } from '../restore/scan.js';
import type { RestoreSetting } from '../restore/setting.js';
import { findSource } from '../restore/source.js';
import type { TreeEntry } from '../restore/tally.js';

/** What of a source is on the volume. */
export interface FoundOnVolume {
  verified: Amount;
  /** By the part's number in its source: how many entries are not there, and the first of them. */
  missing: Map<number, { count: number; first: string }>;
  /** Names that were of one file with others, and are not any more. */
  separated: number;
}

/** Looks for every entry of a source on the volume, by name. Reads the source's listing, and no content. */
export async function findOnVolume(
  setting: RestoreSetting,
  record: RebuildRecord,
  parts: readonly Part[],
): Promise<FoundOnVolume> {
  const ground = volumeGround(setting, record.volume);
  let found = nothingFound();
  let unspeakable = new Map<string, { entry: TreeEntry; nth: number }[]>();
  let names = new SeparatedNames();
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
      return;
    }
    const there = lookAt(`${ground.root}/${entry.path}`);
    if (there?.isFile() && entry.kind === 'file') names.add(entry, there.ino);
    if (there !== undefined || isLinkAsFile(ground.root, entry)) count(entry);
    else miss(found, entry, nth);
  };
  if ('remote' in record.source) {
    await mirrorEntries(setting, record, parts, hear);
    found.separated = await separatedInMirror(setting.state, record, ground.root);
  } else {
    const { repository, snapshotId: snapshot } = record.source;
    const source = await findSource(setting, { repository, snapshot }, record.volume);
    await walkSnapshot(setting, { found: source, base: record.base }, record, () => {
      found = nothingFound();
      unspeakable = new Map();
      current = -1;
      names = new SeparatedNames();
      const nthOf = numbersOf(parts);
      let nth: number | undefined;
      return {
        onPart: (root) => {
          nth = nthOf(root.path);
        },
        onEntry: (entry) => {
          if (nth !== undefined) hear(entry, nth);
        },
      };
    });
    found.separated = names.count;
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

const nothingFound = (): FoundOnVolume => ({
  ...{ verified: { files: 0, bytes: 0 }, missing: new Map(), separated: 0 },
});

/**
 * Which part of the record comes next by a name as restic tells it: of several that look alike, one after the other. None where
 * another folder of the snapshot can be read than could be when the parts were listed.
 */
function numbersOf(parts: readonly Part[]): (text: string) => number | undefined {
  const left = new Map<string, number[]>();
  for (const { path, nth } of [...parts].sort((one, other) => one.nth - other.nth)) {
    const text = lossyName(Buffer.from(path, 'hex'));
    left.set(text, [...(left.get(text) ?? []), nth]);
  }
  return (text) => left.get(text)?.shift();
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP') return undefined;
    throw error;
  }
}

/** A link of a mirror that could not be made. */
const isLinkAsFile = (root: string, { kind, path }: TreeEntry): boolean =>
  kind === 'symlink' && lookAt(`${root}/${path}${LINK}`) !== undefined;

function miss({ missing }: FoundOnVolume, { path }: TreeEntry, nth: number): void {
  const known = missing.get(nth);
  if (known) known.count += 1;
  else missing.set(nth, { count: 1, first: printableName(path).path });
}
