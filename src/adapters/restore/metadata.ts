import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import { bytesOfPrinted } from '../../domain/names.js';
import { MANIFEST } from '../mirror/listing.js';
import { type FoundMirror, versionOptions } from './mirror-source.js';
import { below } from './mirror-list.js';
import { runRclone } from '../rclone.js';
import { linksAsFiles } from '../rclone-remote.js';
import type { RestoreSetting } from './setting.js';

/** Numbers of users and groups are of 32 bits, and the last means none (Linux, `chown(2)`). */
const Owner = z.number().int().min(0).max(0xff_ff_ff_fe);

/** Numbers of devices are of 12 and 20 bits (Linux, `makedev(3)`). */
function isDevice(device: string): boolean {
  const [major = NaN, minor = NaN] = device.slice(2).split(':').map(Number);
  return major < 2 ** 12 && minor < 2 ** 20;
}

/** A line of a mirror's metadata manifest (docs/metadata-manifest.md). Keys that nobody knows are ignored. */
const Line = z.object({
  path: z.string(),
  encoded: z.boolean().optional(),
  type: z.enum(['file', 'folder', 'link', 'fifo', 'socket', 'device', 'unknown']),
  size: z.number().optional(),
  device: z
    .string()
    .regex(/^[bc] \d{1,4}:\d{1,7}$/)
    .refine(isDevice)
    .optional(),
  mode: z
    .string()
    .regex(/^[0-7]{1,4}$/)
    .optional(),
  uid: Owner.optional(),
  gid: Owner.optional(),
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

/** A line is no longer than this (characters): it holds a path, and extended attributes of at most 64 KiB each. */
const LONGEST_LINE = 16 * 1024 ** 2;

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
  let rest: string[] = [];
  let length = 0;
  let entries: MetadataLine[] = [];
  try {
    const packed = pipeline(createReadStream(file), createGunzip(), () => undefined);
    for await (const chunk of packed as AsyncIterable<Buffer>) {
      const lines = decoder.decode(chunk, { stream: true }).split('\n');
      const last = lines.pop() ?? '';
      if (lines.length > 0) {
        lines[0] = [...rest, lines[0]].join('');
        [rest, length] = [[], 0];
      }
      rest.push(last);
      if ((length += last.length) > LONGEST_LINE) throw new Error('it has a line that does not end');
      for (const line of lines) {
        entries.push({ line, entry: metadataOf(line) });
        if (entries.length < BLOCK) continue;
        yield entries;
        entries = [];
      }
    }
  } catch (error) {
    throw damaged(whyOf(error));
  }
  if (length > 0) throw damaged('it ends in the middle of a line');
  yield entries;
}

function whyOf(error: unknown): string {
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  if (issue) return `${issue.path.join('.')}: ${issue.message}`;
  return error instanceof Error ? error.message : String(error);
}

const damaged = (why: string): FtsError =>
  new FtsError('VerificationFailed', `the mirror's metadata manifest cannot be read: ${why.slice(0, 200)}`);

function metadataOf(line: string): Metadata {
  const { path, hardLink, mode, mtime, ...told } = Line.parse(JSON.parse(line));
  return {
    ...told,
    path: pathOf(path, told.encoded),
    hardLink: hardLink === undefined ? undefined : pathOf(hardLink, told.hardLinkEncoded),
    mode: parseInt(mode ?? '0', 8),
    modifiedNs: mtime === undefined ? 0n : nanosecondsOf(mtime),
    ...(mode === undefined && { type: 'unknown' }),
  };
}

/** Names of a filesystem are this long at most (bytes; Linux, NAME_MAX). */
const LONGEST_NAME = 255;

/** A path below the volume's root. Whoever can write to the remote can write anything here: one that leads elsewhere is refused. */
function pathOf(text: string, encoded = false): Buffer {
  const path = encoded ? Buffer.from(bytesOfPrinted(text)) : Buffer.from(text);
  if (path.length === 0 || path.toString('latin1').split('/').every(isName)) return path;
  throw new Error(`it tells of ${JSON.stringify(text.slice(0, 100))}, which nothing in a volume is called`);
}

const isName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && name.length <= LONGEST_NAME && !name.includes('\0');

const SECOND_NS = 1_000_000_000n;

/** RFC 3339 in UTC with nine digits of a second, or `@` and seconds. */
function nanosecondsOf(mtime: string): bigint {
  const [, at, whole = '', fraction = ''] = /^(@?)(.*)\.(\d{9})Z?$/.exec(mtime) ?? [];
  const seconds = at === '@' ? BigInt(whole) : BigInt(Math.floor(Date.parse(`${whole}Z`) / 1000));
  if (BigInt.asIntN(64, seconds) !== seconds) throw new Error(`it tells of the time ${mtime.slice(0, 100)}`);
  return seconds * SECOND_NS + BigInt(fraction);
}
