import { createHash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { endOf } from '../../domain/exit-words.js';
import { FtsError } from '../../domain/failures.js';
import { type WalkedEntry, entryActions, readEntries } from './metadata-entry.js';
import { HANDED } from '../project/tool.js';
import { type ToolStream, streamTool } from '../tool-stream.js';

/** What is left out of a mirror, and so of the walk. `excludePatterns` are rclone's alone. */
export interface WalkExcludes {
  /** Literal paths relative to the volume's root; a folder means everything in it. */
  exclude: readonly string[];
  /** Folders of restic repositories, relative to the volume's root: their locks are left out. */
  repositories: readonly string[];
}

interface WalkOptions extends WalkExcludes {
  /** Where something else is mounted, relative to the root: what is in there is not the folder's. */
  mounts: readonly string[];
  /** Hears of each folder that cannot be listed, and of each entry that cannot be looked at. */
  onUnreadable: (path: Buffer, reason: string) => void;
}

/** What lies at the root of every volume and is never mirrored. */
const NEVER_MIRRORED = ['.fts*', 'lost+found'];

export interface Walk extends Pick<ToolStream, 'kill'> {
  /** Everything in the folder, and itself, a few entries at a time. Fails with `ToolFailed`. */
  entries(): AsyncGenerator<WalkedEntry[]>;
  /**
   * In place of `entries`, or after their end: SHA-256 (hex) of all that was told, which is another one when an entry, or anything about
   * it, has changed since. Undefined where something could not be looked at. Fails with `ToolFailed`.
   */
  digest(): Promise<string | undefined>;
}

/** Starts find(1) in a folder. It follows no link and stays on the folder's filesystem. Fails with `ToolMissing`. */
export async function walkFolder(
  folder: FileHandle,
  { exclude, repositories, mounts, onUnreadable }: WalkOptions,
): Promise<Walk> {
  let failure: string | undefined;
  let isWhole = true;
  const patterns = [
    ...NEVER_MIRRORED,
    ...exclude.map(literal),
    ...repositories.map((path) => `${literal(path)}/locks/*`),
    ...mounts.map((path) => `${literal(path)}/*`),
  ].map((pattern) => `${HANDED}/${pattern}`);
  const tests = patterns.flatMap((pattern, index) => [...(index === 0 ? [] : ['-o']), '-path', pattern]);
  const find = await streamTool({
    file: 'find',
    args: [
      '-P',
      HANDED,
      '-xdev',
      '(',
      ...tests,
      ')',
      '-prune',
      '-o',
      ...entryActions(randomUUID(), aMomentAgo()),
    ],
    folder,
    onComplaint: (line) => {
      isWhole = false;
      const [, quoted, reason = ''] = /^\S*find: '(.*)': ([^:]+)$/.exec(line) ?? [];
      const path = quoted === undefined ? undefined : belowHanded(unquoted(quoted));
      if (path === undefined || path.length === 0) failure = line;
      else if (reason !== GONE) onUnreadable(path, reason);
    },
  });
  const hash = createHash('sha256');
  const output = (async function* () {
    for await (const chunk of find.output) {
      hash.update(chunk);
      yield chunk;
    }
    const exitCode = await find.end();
    if (failure === undefined && (exitCode === 0 || exitCode === 1)) return;
    throw new FtsError('ToolFailed', `find ${endOf(exitCode)}: ${failure ?? 'no message'}`);
  })();
  return {
    kill: find.kill,
    entries: async function* () {
      let rest: Buffer = Buffer.alloc(0);
      for await (const chunk of output) {
        const entries: WalkedEntry[] = [];
        rest = readEntries(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), (entry) =>
          entries.push(entry),
        );
        yield entries;
      }
    },
    digest: async () => {
      while ((await output.next()).done !== true);
      return isWhole ? hash.digest('hex') : undefined;
    },
  };
}

/**
 * So long before a walk an entry must have changed last, for the next change to be told from that one by its time: the kernel's times are some
 * milliseconds apart, and a second on old filesystems (milliseconds).
 */
const SETTLED_MS = 3000;

const aMomentAgo = (): number => Math.floor((Date.now() - SETTLED_MS) / 1000);

/** What a tool says of an entry that went while it looked, which is nothing to report. */
export const GONE = 'No such file or directory';

/** A path below the folder, of one that find(1) tells; undefined if it is none. */
function belowHanded(path: Buffer): Buffer | undefined {
  if (path.equals(ROOT)) return path.subarray(ROOT.length);
  return path.subarray(0, PREFIX.length).equals(PREFIX) ? path.subarray(PREFIX.length) : undefined;
}

const ROOT = Buffer.from(HANDED);
const PREFIX = Buffer.from(`${HANDED}/`);

/** For find's `-path`, which matches as fnmatch(3) does. */
const literal = (path: string): string => path.replace(/\/+$/, '').replaceAll(/[\\*?[\]]/g, '\\$&');

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A name as tools quote it in what they print: as in C. Text is a byte a character. */
export const unquoted = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll(/\\([0-3][0-7]{2}|.)/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(parseInt(code, 8)) : (ESCAPED[code] ?? code),
    ),
    'latin1',
  );
