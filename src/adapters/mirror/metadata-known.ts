import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { canonicalJson } from '../../domain/declaration.js';
import { planFolder } from './files.js';
import { attributesState, filesystemType } from './metadata-attributes.js';
import { presentNames } from './metadata-owners.js';
import { withFolder } from './metadata-tools.js';
import { walkFolder } from './metadata-walk.js';
import { type MirrorMetadata, type MirrorMetadataRequest, VERSION, writeMirrorMetadata } from './metadata.js';
import type { State } from '../state.js';
import { currentBoot } from '../volume/record.js';

/**
 * On these, whatever changes of an entry gives it a new time of change (ctime), which nobody can set: ext2 to ext4, XFS, btrfs. `f_type` of
 * statfs(2), from the kernel's magic.h.
 */
const TELLS_CHANGES: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e]);

/** However little changes, a manifest is made anew after this time (milliseconds). */
const TRUSTED_MS = 7 * 24 * 3_600_000;

/** What a manifest was made of. */
const Known = z.object({
  /** What was asked for, of which volume, and by whom: SHA-256 (hex). */
  about: z.string(),
  /** What was found there (`Walk.digest`). */
  tree: z.string(),
  owners: z.object({
    users: z.record(z.string(), z.string().nullable()),
    groups: z.record(z.string(), z.string().nullable()),
  }),
  madeAt: z.iso.datetime(),
  entries: z.number(),
  omitted: z.object({ fifos: z.number(), sockets: z.number(), devices: z.number() }),
  xattrs: z.enum(['read', 'none', 'unread']),
  sha1: z.string(),
  bytes: z.number(),
});
type Known = z.infer<typeof Known>;

/** In a plan's folder: the manifest, and of what it was made. Both stay when the folder is emptied. */
export const METADATA_FILE = 'metadata.jsonl.gz';
const KNOWN_FILE = 'tree.json';
export const KEPT: ReadonlySet<string> = new Set([METADATA_FILE, KNOWN_FILE]);

export interface KnownMetadataRequest extends MirrorMetadataRequest {
  job: string;
  state: Pick<State, 'readRenewable' | 'write'>;
  /** What the guard says of the volume (`VolumeCondition.identity`); without it nothing is known. */
  identity: string | undefined;
}

export interface PresentMetadata {
  metadata: Pick<MirrorMetadata, 'omitted' | 'sha1' | 'bytes' | 'unreadable'>;
  /** Notes of what it was made, once the volume is known to be still the same. Safe to repeat; without it, it is made anew next time. */
  note: () => Promise<void>;
}

/**
 * The manifest of a volume as it is: the one that was made last if it would be the same, else one that is made now. It is the same
 * when every entry has the names, numbers and times that it had then; when in doubt it is made anew. Fails as `writeMirrorMetadata` does.
 */
export async function presentMetadata(request: KnownMetadataRequest): Promise<PresentMetadata> {
  const { root, job, state, signal } = request;
  const about = await withFolder(root, signal, (folder) => aboutOf(request, folder));
  const known = about === undefined ? undefined : await state.readRenewable(recordOf(job), Known);
  if (known?.about === about && known !== undefined && (await isPresent(request, known)))
    return { metadata: known, note: () => Promise.resolve() };
  const metadata = await writeMirrorMetadata(request);
  const { tree, owners, entries, omitted, xattrs, sha1, bytes } = metadata;
  const note = async (): Promise<void> => {
    if (about === undefined || tree === undefined) return;
    const madeAt = new Date(Date.now()).toISOString();
    const made: Known = { about, tree, owners, madeAt, entries, omitted, xattrs, sha1, bytes };
    await state.write(recordOf(job), made);
  };
  return { metadata, note };
}

const recordOf = (job: string): string => `${planFolder(job)}/${KNOWN_FILE}`;

/** Undefined for a volume of which nobody can tell whether it changed. */
async function aboutOf(
  { root, exclude, repositories, mounts, identity }: KnownMetadataRequest,
  folder: FileHandle,
): Promise<string | undefined> {
  if (identity === undefined || !TELLS_CHANGES.has(await filesystemType(folder))) return undefined;
  const about = {
    ...{ version: VERSION, root, exclude, repositories, mounts, identity },
    boot: (await currentBoot()) ?? '',
    user: process.geteuid?.() ?? -1,
    xattrs: await attributesState(folder),
  };
  return createHash('sha256').update(canonicalJson(about)).digest('hex');
}

async function isPresent(request: KnownMetadataRequest, known: Known): Promise<boolean> {
  const { root, file, signal, exclude, repositories, mounts = [] } = request;
  const age = Date.now() - Date.parse(known.madeAt);
  if (!(age >= 0 && age < TRUSTED_MS) || (await sha1Of(file)) !== known.sha1) return false;
  return withFolder(root, signal, async (folder, started) => {
    const excludes = { exclude, repositories, mounts };
    const walk = await started(walkFolder(folder, { ...excludes, onUnreadable: () => undefined }));
    const [tree, owners] = await Promise.all([walk.digest(), presentNames(known.owners)]);
    return tree === known.tree && canonicalJson(owners) === canonicalJson(known.owners);
  });
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Hex; undefined for what is no file, or cannot be read. */
export async function sha1Of(file: string): Promise<string | undefined> {
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  try {
    if (!(await handle?.stat())?.isFile()) return undefined;
    const hash = createHash('sha1');
    if (handle) await pipeline(handle.createReadStream({ autoClose: false }), hash);
    return hash.digest('hex');
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}
