import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LINK } from '../../domain/mirror-filter.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import type { RebuildRequest } from '../../domain/rebuild-run.js';
import type { MirrorSource } from '../../domain/restore.js';
import { linesOf } from '../mirror/files.js';
import { listedFile } from '../mirror/listing.js';
import { listedFiles } from '../mirror/lists.js';
import { pathExists } from '../path-exists.js';
import { PackedLines, copySlices, rebuildFiles } from './mirror-files.js';
import { MirrorParts } from './mirror-parts.js';
import type { Part, RebuildRecord } from './record.js';
import type { Divided, Division, OnPartEntry } from './snapshot.js';
import { metadataLines } from '../restore/metadata.js';
import { mirrorRestoreFiles, removeMirrorFiles } from '../restore/mirror-files.js';
import { lookInMirror } from '../restore/mirror-look.js';
import { MirrorTally } from '../restore/mirror-tally.js';
import type { RestoreRecord } from '../restore/record.js';
import type { RestoreSetting } from '../restore/setting.js';
import type { TreeEntry } from '../restore/tally.js';
import type { State } from '../state.js';

/** Removes it. Safe to repeat. */
export async function removeRebuildFiles(state: Pick<State, 'path'>, id: string): Promise<void> {
  const { listing, metadata } = rebuildFiles(state, id);
  for (const file of [listing, metadata]) await rm(file, { force: true });
}

export interface DividedMirror {
  source: MirrorSource;
  base: string;
  versionAt: string | undefined;
  divided: Divided;
}

/**
 * Divides what a mirror has of a volume into parts, and keeps the listing and the manifest on the host, for `sliceMirror`. Fails
 * as `lookInMirror` does.
 */
export async function divideMirror(
  setting: RestoreSetting,
  { request, id }: { request: Pick<RebuildRequest, 'volume' | 'remote' | 'at' | 'snapshot'>; id: string },
  division: Division,
  onEntry?: (entry: TreeEntry) => void,
): Promise<DividedMirror> {
  const { state, onStep, signal } = setting;
  const { volume, ...asked } = request;
  const restore = `rebuild-${id}`;
  const looked = await lookInMirror(
    setting,
    { ...asked, id: restore },
    { volume, requests: [{ volume, path: '' }] },
    onEntry,
  );
  const [from, to] = [mirrorRestoreFiles(state, restore), rebuildFiles(state, id)];
  await mkdir(dirname(to.listing), { recursive: true, mode: 0o700 });
  const parts = new MirrorParts(division);
  let offset = 0;
  for await (const lines of linesOf(from.listing(0)))
    for (const line of lines) {
      parts.list(listedFile(line), [offset, line.length + 1]);
      offset += line.length + 1;
    }
  if (await pathExists(from.metadata)) {
    const packed = new PackedLines(to.metadata, (run, slice) => {
      parts.packed(run, slice);
    });
    for await (const block of metadataLines(from.metadata)) {
      signal.throwIfAborted();
      for (const { line, entry } of block) {
        const run = parts.tell(entry);
        if (run !== undefined) packed.add(run, line);
      }
    }
    packed.close();
  }
  await rename(from.listing(0), to.listing);
  await removeMirrorFiles(state, restore, 1);
  await onStep('rebuild-listed');
  const { source, versionAt } = looked;
  const { folders, ways } = parts;
  return { source, base: '/', versionAt, divided: { parts: parts.parts(), folders, ways } };
}

/**
 * Writes for a restore what the mirror holds of some parts, and what its manifest tells of them: one thing to fetch, so that
 * rclone is started once. Safe to repeat.
 */
export async function sliceMirror(
  { state }: Pick<RestoreSetting, 'state'>,
  { id, ways }: Pick<RebuildRecord, 'id' | 'ways'>,
  { restore, parts }: { restore: string; parts: readonly Part[] },
): Promise<Pick<RestoreRecord, 'items' | 'order'>> {
  const [from, to] = [rebuildFiles(state, id), mirrorRestoreFiles(state, restore)];
  await mkdir(dirname(to.metadata), { recursive: true, mode: 0o700 });
  await copySlices(
    from.listing,
    to.listing(0),
    parts.flatMap(({ listed = [] }) => listed),
  );
  if (await pathExists(from.metadata)) {
    const told = [...ways, ...parts.flatMap((part) => part.told ?? [])];
    await copySlices(from.metadata, to.metadata, told, gzipSync(''));
  }
  const tally = new MirrorTally();
  for await (const { name, size } of listedFiles(to.listing(0)))
    tally.addListed(pathOf(name).toString('latin1'), size);
  return {
    items: [{ path: '', kind: 'folder', expected: tally.result() }],
    // A link that cannot be made stays the file that holds it.
    order: parts.flatMap(({ path, kind }) =>
      kind === 'file' ? [path, `${path}${Buffer.from(LINK).toString('hex')}`] : [path],
    ),
  };
}

/** Below the volume's root. A link's path keeps rclone's ending. */
const pathOf = (name: string): Buffer =>
  Buffer.from(pathOfRcloneName(Buffer.from(name, 'latin1').toString()));

/** Tells what a mirror holds of each part, by the listing on the host. */
export async function mirrorEntries(
  { state, signal }: Pick<RestoreSetting, 'state' | 'signal'>,
  { id }: Pick<RebuildRecord, 'id'>,
  parts: readonly Part[],
  hear: OnPartEntry,
): Promise<void> {
  const ranges = parts
    .flatMap(({ nth, listed = [] }) =>
      listed.map(([offset, length]) => ({ nth, offset, end: offset + length })),
    )
    .sort((one, other) => one.offset - other.offset);
  let offset = 0;
  let at = 0;
  for await (const lines of linesOf(rebuildFiles(state, id).listing)) {
    signal.throwIfAborted();
    for (const line of lines) {
      while ((ranges[at]?.end ?? Infinity) <= offset) at += 1;
      const range = ranges[at];
      if (range && range.offset <= offset) hear(entryOf(line), range.nth);
      offset += line.length + 1;
    }
  }
}

function entryOf(line: string): TreeEntry {
  const { name, size } = listedFile(line);
  const path = pathOf(name).toString();
  const isLink = path.endsWith(LINK);
  return {
    kind: isLink ? 'symlink' : 'file',
    path: isLink ? path.slice(0, -LINK.length) : path,
    ...{ size: isLink ? 0 : size, mode: 0, uid: 0, gid: 0, modifiedNs: 0n, inode: undefined },
  };
}
