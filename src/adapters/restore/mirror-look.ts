import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import type { RequestPath } from '../../domain/request-path.js';
import type { MirrorSource, RestoreRequest } from '../../domain/restore.js';
import type { RestoreItem } from './contents.js';
import { bringMetadata, readMetadata } from './metadata.js';
import { type MirrorRestoreFiles, mirrorRestoreFiles } from './mirror-files.js';
import type { LeftOut } from './mirror-left-out.js';
import { listItem } from './mirror-list.js';
import { notInMirror } from './mirror-missing.js';
import { isAtOrBelow } from './mirror-settle.js';
import { type FoundMirror, findMirror } from './mirror-source.js';
import { MirrorTally } from './mirror-tally.js';
import type { RestoreSetting } from './setting.js';
import type { TreeEntry } from './tally.js';

/** What was found in a mirror of what was asked for. */
export interface LookedInMirror {
  source: MirrorSource;
  items: RestoreItem[];
  versionAt: string | undefined;
}

/**
 * Looks up what was asked for in a mirror, and writes down on the host what the remote holds of it, and the manifest that it had
 * then. Fails with `NotInMirror`, naming what comes nearest, as `findMirror` and `runRclone` do.
 */
export async function lookInMirror(
  setting: RestoreSetting,
  request: Pick<RestoreRequest, 'id' | 'remote' | 'snapshot' | 'at'>,
  { volume, requests }: { volume: string; requests: readonly RequestPath[] },
  onEntry?: (entry: TreeEntry) => void,
): Promise<LookedInMirror> {
  const mirror = await findMirror(setting, request, volume);
  const files = mirrorRestoreFiles(setting.state, request.id);
  await mkdir(dirname(files.metadata), { recursive: true, mode: 0o700 });
  const wanted = requests.filter((_one, index) => !isCovered(requests, index));
  const told = await lookAtMetadata(setting, mirror, wanted, files);
  const items: RestoreItem[] = [];
  const left: LeftOut = { unfinished: [], shadowed: [], unholdable: [] };
  for (const [index, one] of wanted.entries()) {
    const found = await listItem(setting, mirror, one, files.listing(index), onEntry);
    const path = told.folders.get(one.path);
    if (found) {
      items.push(found.item);
      for (const why of WHY_LEFT_OUT) left[why].push(...found.leftOut[why]);
    } else if (path)
      items.push({ path, kind: 'folder', expected: new MirrorTally().result() }); // empty
    else throw await notInMirror(setting, mirror, one);
  }
  const notes = [
    ...(mirror.source.notes ?? []),
    ...told.notes,
    ...WHY_LEFT_OUT.flatMap((why) => leftOutNote(why, left[why])),
  ];
  return {
    source: { ...mirror.source, ...(notes.length > 0 && { notes }) },
    ...{ items, versionAt: mirror.versionAt },
  };
}

/** So many are named. */
const NAMED = 5;

const WHY_LEFT_OUT = ['unfinished', 'shadowed', 'unholdable'] as const;
const REASONS = {
  unfinished: ['their upload was not finished at that time', ': an earlier --at has the versions before'],
  shadowed: ['there are folders of the same names', ': rclone brings them to another place'],
  unholdable: ['no file of this machine can have such a name', ''],
} as const;

function leftOutNote(why: keyof LeftOut, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const first = names.slice(0, NAMED).map((name) => printableName(name).path.slice(0, LONGEST_SHOWN));
  const [reason, hint] = REASONS[why];
  return [`${String(names.length)} files are left out, as ${reason} (${first.join(', ')})${hint}`];
}

/** So much of a name is shown (characters). */
const LONGEST_SHOWN = 100;

const isCovered = (requests: readonly RequestPath[], index: number): boolean => {
  const mine = Buffer.from(requests[index]?.path ?? '');
  return requests.some(({ path }, other) => {
    const theirs = Buffer.from(path);
    return other !== index && isAtOrBelow(mine, theirs) && (!mine.equals(theirs) || other < index);
  });
};

interface ToldByMetadata {
  /** Paths that were asked for and are folders, perhaps empty. */
  folders: Map<string, Buffer>;
  notes: string[];
}

/** Brings the manifest, and reads all of it once: a damaged one is not gone by. */
async function lookAtMetadata(
  setting: RestoreSetting,
  mirror: FoundMirror,
  wanted: readonly RequestPath[],
  { metadata }: MirrorRestoreFiles,
): Promise<ToldByMetadata> {
  const folders = new Map<string, Buffer>();
  if (!(await bringMetadata(setting, mirror, metadata)))
    return {
      folders,
      notes: [`the mirror has no metadata manifest: modes, owners and empty folders are not brought back`],
    };
  const asked = wanted.map(({ path, printed }) => ({
    path,
    bytes: [Buffer.from(path), ...(printed ? [Buffer.from(printed)] : [])],
  }));
  let omitted = 0;
  try {
    for await (const entries of readMetadata(metadata)) {
      setting.signal.throwIfAborted();
      for (const entry of entries)
        for (const { path, bytes } of asked) {
          if (entry.type === 'folder' && path !== '' && bytes.some((one) => one.equals(entry.path)))
            folders.set(path, entry.path);
          const isFile = entry.type === 'file' || entry.type === 'link';
          if (isFile && entry.omitted !== undefined && bytes.some((one) => isAtOrBelow(entry.path, one)))
            omitted += 1;
        }
    }
  } catch (error) {
    if (!(error instanceof FtsError) || error.type !== 'VerificationFailed') throw error;
    await rm(metadata, { force: true });
    return {
      folders: new Map(),
      notes: [`${error.message}: modes, owners and empty folders are not brought back`],
    };
  }
  const notes =
    omitted === 0
      ? []
      : [`${String(omitted)} files are not in the mirror, which cannot hold them (manifest: omitted)`];
  return { folders, notes };
}
