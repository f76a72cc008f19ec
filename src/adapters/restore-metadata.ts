import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import { bytesOfPrinted } from '../domain/names.js';
import { MANIFEST } from './mirror-listing.js';
import { type FoundMirror, versionOptions } from './restore-mirror-source.js';
import { below } from './restore-mirror-list.js';
import { runRclone } from './rclone.js';
import { linksAsFiles } from './rclone-remote.js';
import type { RestoreSetting } from './restore-setting.js';

/** A line of a mirror's metadata manifest (docs/metadata-manifest.md). Keys that nobody knows are ignored. */
const Line = z.object({
  path: z.string(),
  encoded: z.boolean().optional(),
  type: z.enum(['file', 'folder', 'link', 'fifo', 'socket', 'device', 'unknown']),
  size: z.number().optional(),
  device: z
    .string()
    .regex(/^[bc] \d+:\d+$/)
    .optional(),
  mode: z
    .string()
    .regex(/^[0-7]{1,4}$/)
    .optional(),
  uid: z.number().int().nonnegative().optional(),
  gid: z.number().int().nonnegative().optional(),
  mtime: z.string().optional(),
  hardLink: z.string().optional(),
  hardLinkEncoded: z.boolean().optional(),
  omitted: z.string().optional(),
  xattrs: z.record(z.string(), z.base64()).optional(),
});

/** What the manifest tells of an entry of the volume. */
export interface Metadata extends Omit<z.infer<typeof Line>, 'path' | 'hardLink' | 'mode' | 'mtime'> {
  /** Below the volume's root. */
  path: Buffer;
  /** First name of a file that has several. */
  hardLink: Buffer | undefined;
  mode: number;
  modifiedNs: bigint;
}

/** Entries are handed over in blocks of so many at most. */
const BLOCK = 500;

/** Brings the manifest that the mirror had at its time; false if it had none. Fails as `runRclone` does. */
export async function bringMetadata(
  { signal }: Pick<RestoreSetting, 'signal'>,
  { remote, versionAt }: FoundMirror,
  file: string,
): Promise<boolean> {
  try {
    await runRclone(remote, {
      args: ['cat', ...versionOptions(versionAt), below(remote.root, MANIFEST)],
      ...{ stdoutFile: file, locked: false, links: false, signal },
      environment: linksAsFiles(remote),
    });
  } catch (error) {
    if (!(error instanceof FtsError && error.type === 'PathMissing')) throw error;
  }
  const { size } = await stat(file);
  if (size === 0) await rm(file);
  return size > 0;
}

/** What a manifest tells, block by block, in memory that does not grow with it. Fails with `VerificationFailed` for a damaged one. */
export async function* readMetadata(file: string): AsyncGenerator<Metadata[], void, undefined> {
  for await (const lines of metadataLines(file)) yield lines.map(({ entry }) => entry);
}

/** A line of a manifest as it stands, and what it tells. */
export interface MetadataLine {
  line: string;
  entry: Metadata;
}

/** As `readMetadata`, with the lines themselves. */
export async function* metadataLines(file: string): AsyncGenerator<MetadataLine[], void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let entries: MetadataLine[] = [];
  try {
    const packed = pipeline(createReadStream(file), createGunzip(), () => undefined);
    for await (const chunk of packed as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        entries.push({ line, entry: metadataOf(line) });
        if (entries.length < BLOCK) continue;
        yield entries;
        entries = [];
      }
    }
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error));
  }
  if (rest !== '') throw damaged('it ends in the middle of a line');
  yield entries;
}

const damaged = (why: string): FtsError =>
  new FtsError('VerificationFailed', `the mirror's metadata manifest cannot be read: ${why.slice(0, 200)}`);

function metadataOf(line: string): Metadata {
  const { path, hardLink, mode, mtime, ...told } = Line.parse(JSON.parse(line));
  return {
    ...told,
    path: bytesOf(path, told.encoded),
    hardLink: hardLink === undefined ? undefined : bytesOf(hardLink, told.hardLinkEncoded),
    mode: parseInt(mode ?? '0', 8),
    modifiedNs: mtime === undefined ? 0n : nanosecondsOf(mtime),
    ...(mode === undefined && { type: 'unknown' }),
  };
}

const bytesOf = (text: string, encoded = false): Buffer =>
  encoded ? Buffer.from(bytesOfPrinted(text)) : Buffer.from(text);

const SECOND_NS = 1_000_000_000n;

/** RFC 3339 in UTC with nine digits of a second, or `@` and seconds. */
function nanosecondsOf(mtime: string): bigint {
  const [, at, whole = '', fraction = ''] = /^(@?)(.*)\.(\d{9})Z?$/.exec(mtime) ?? [];
  const seconds = at === '@' ? BigInt(whole) : BigInt(Math.floor(Date.parse(`${whole}Z`) / 1000));
  return seconds * SECOND_NS + BigInt(fraction);
}
