import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { PurgeProblems } from '../../domain/purge.js';
import { crashPoint } from '../crash-point.js';
import { type AttributesState, openAttributes } from './metadata-attributes.js';
import { type WalkedEntry, describeEntry, kindOf } from './metadata-entry.js';
import { ManifestLines } from './metadata-lines.js';
import { type OwnerNames, Owners } from './metadata-owners.js';
import { type Started, withFolder } from './metadata-tools.js';
import { type WalkExcludes, walkFolder } from './metadata-walk.js';
import { ProblemList } from '../purge/problems.js';

/** What the manifest tells of a volume, and what it could not tell. */
export interface MirrorMetadata {
  /** Lines: every entry of the volume, its root included. */
  entries: number;
  /** What a mirror cannot hold. */
  omitted: { fifos: number; sockets: number; devices: number };
  xattrs: AttributesState;
  /** Folders, or attributes of files, that could not be read; `first` holds at most 25. */
  unreadable?: PurgeProblems;
  /** Of the file, hex: the same tree gives the same. */
  sha1: string;
  bytes: number;
  /** Digest of all that was found (`Walk.digest`), and the names of the owners: while both are the same, so is the file. */
  tree?: string;
  owners: OwnerNames;
}

export interface MirrorMetadataRequest extends WalkExcludes {
  /** The volume's root. */
  root: string;
  /** Where something else is mounted in it, relative to it. Another filesystem is left out in any case. */
  mounts?: readonly string[];
  /** The manifest: gzip, readable by its owner only. It appears whole, or not at all. Beside it sort(1) has its files. */
  file: string;
  signal?: AbortSignal;
}

/**
 * Writes down what a mirror's remote does not keep of a volume (docs/metadata-manifest.md). Memory does not grow with the
 * volume. Never follows a link and stays on one filesystem. Safe to repeat: it changes nothing but `file`.
 * Fails with `ToolMissing`, `ToolFailed`, or the signal's reason.
 */
export async function writeMirrorMetadata(request: MirrorMetadataRequest): Promise<MirrorMetadata> {
  const { root, file, signal } = request;
  signal?.throwIfAborted();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return withFolder(root, signal, (folder, started) => writeManifest(request, folder, started));
}

async function writeManifest(
  { exclude, repositories, mounts = [], file, signal }: MirrorMetadataRequest,
  folder: FileHandle,
  started: Started,
): Promise<MirrorMetadata> {
  const problems = new ProblemList();
  const counts: Partial<Record<string, number>> = {};
  const lines = await started(ManifestLines.open(dirname(file)));
  const onUnreadable = (path: Buffer, reason: string): void => {
    problems.add([path], reason);
    lines.add(path, 'unreadable', { unreadable: reason });
  };
  const attributes = await started(
    openAttributes(folder, {
      onFile: async (path, xattrs) => {
        lines.add(path, 'xattrs', { xattrs });
        await lines.flush();
      },
      onUnreadable,
    }),
  );
  const filesystem = String((await folder.stat()).dev);
  const owners = new Owners();
  const mounted = new Set(mounts);
  const walk = await started(walkFolder(folder, { exclude, repositories, mounts, onUnreadable }));
  for await (const entries of walk.entries()) {
    await owners.learn(entries);
    for (const entry of entries) {
      const type = kindOf(entry);
      counts[type] = (counts[type] ?? 0) + 1;
      const device = type === 'device' ? await deviceNumbers(folder, entry) : undefined;
      const elsewhere = entry.device.toString() !== filesystem || mounted.has(entry.path.toString());
      lines.add(entry.path, 'entry', describeEntry(entry, { elsewhere, owners, device }));
      if (type !== 'folder' && entry.names.toString() !== '1') lines.addName(entry.path, entry.inode);
      if (!elsewhere) attributes.add(entry.path);
    }
    await lines.flush();
    await attributes.flush();
    signal?.throwIfAborted();
  }
  await attributes.finish();
  lines.add(ROOT, 'manifest', { manifest: { version: VERSION, xattrs: attributes.state } });

  const { sha1, bytes } = await compress(lines.text(), file);
  const unreadable = problems.summary();
  const tree = await walk.digest();
  return {
    entries: lines.entries,
    omitted: { fifos: counts.fifo ?? 0, sockets: counts.socket ?? 0, devices: counts.device ?? 0 },
    xattrs: attributes.state,
    ...(unreadable.count > 0 && { unreadable }),
    ...{ sha1, bytes, owners: owners.names },
    ...(tree !== undefined && unreadable.count === 0 && { tree }),
  };
}

/** Of the format. Later ones only add keys. */
export const VERSION = 1;

const ROOT = Buffer.alloc(0);

/** `major:minor` of a device file. */
async function deviceNumbers(folder: FileHandle, { path }: WalkedEntry): Promise<string | undefined> {
  const below = Buffer.concat([Buffer.from(`/proc/self/fd/${String(folder.fd)}/`), path]);
  const { rdev } = await lstat(below, { bigint: true });
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return `${String(major)}:${String(minor)}`;
}

/** Writes a file beside, and gives it its name when it is whole. gzip's header has no time in it. */
async function compress(text: AsyncIterable<string>, file: string): Promise<{ sha1: string; bytes: number }> {
  const hash = createHash('sha1');
  let bytes = 0;
  const part = `${file}.part`;
  try {
    await pipeline(
      text,
      createGzip(),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(part, { mode: 0o600, flush: true }),
    );
    crashPoint('manifest-written');
    await rename(part, file);
    crashPoint('manifest-replaced');
  } finally {
    await rm(part, { force: true });
  }
  return { sha1: hash.digest('hex'), bytes };
}
