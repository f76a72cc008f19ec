import { type FileHandle, statfs } from 'node:fs/promises';
import { endOf } from '../../domain/exit-words.js';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { GONE, unquoted } from './metadata-walk.js';
import { HANDED } from '../project/tool.js';
import { type ToolStream, streamTool } from '../tool-stream.js';
import { findTool } from '../tools.js';

/** `read`; `none`: the filesystem has none; `unread`: getfattr(1) is not installed. */
export type AttributesState = 'read' | 'none' | 'unread';

/** Filesystems without extended attributes: vfat, exfat, iso9660. `f_type` of statfs(2), from the kernel's magic.h. */
const WITHOUT_ATTRIBUTES: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0, 0x9660]);

/** All attributes of each file named on the command line, of links themselves. */
const OPTIONS = ['-h', '-d', '-m', '-', '-e', 'base64', '--absolute-names', '--'];

export interface AttributesOptions {
  onFile: (path: Buffer, xattrs: Record<string, string>) => Promise<void>;
  onUnreadable: (path: Buffer, reason: string) => void;
}

/** Reads extended attributes, POSIX ACLs among them, of files that are named while others are being read. */
export interface Attributes extends Pick<ToolStream, 'kill'> {
  state: AttributesState;
  /** A path below the folder. */
  add(path: Buffer): void;
  /** Await it now and then. */
  flush(): Promise<void>;
  /** Resolves when `onFile` heard of all. Fails with `ToolFailed`. */
  finish(): Promise<void>;
}

/** Starts getfattr(1), if it is there and the folder's filesystem has attributes. */
export async function openAttributes(folder: FileHandle, options: AttributesOptions): Promise<Attributes> {
  const getfattr = await findGetfattr();
  const state = await attributesState(folder);
  return state !== 'read' || getfattr === undefined
    ? nothingRead(state)
    : runGetfattr(getfattr, folder, options);
}

/** What can be told of the attributes in a folder. */
export async function attributesState(folder: FileHandle): Promise<AttributesState> {
  if (WITHOUT_ATTRIBUTES.has(await filesystemType(folder))) return 'none';
  return (await findGetfattr()) === undefined ? 'unread' : 'read';
}

/** `f_type` of statfs(2). */
export const filesystemType = async (folder: FileHandle): Promise<number> =>
  (await statfs(`/proc/self/fd/${String(folder.fd)}`)).type;

/** The path of getfattr(1), which is not installed everywhere. */
async function findGetfattr(): Promise<string | undefined> {
  try {
    return (await findTool('getfattr')).path;
  } catch (error) {
    if (error instanceof FtsError && error.type === 'ToolMissing') return undefined;
    throw error;
  }
}

const nothingRead = (state: AttributesState): Attributes => ({
  state,
  add: () => undefined,
  flush: () => Promise.resolve(),
  finish: () => Promise.resolve(),
  kill: () => Promise.resolve(),
});

async function runGetfattr(
  getfattr: string,
  folder: FileHandle,
  { onFile, onUnreadable }: AttributesOptions,
): Promise<Attributes> {
  let failure = 'no message';
  const tool = await streamTool({
    file: 'env',
    args: [`--chdir=${HANDED}`, 'xargs', '--null', '--no-run-if-empty', getfattr, ...OPTIONS],
    folder,
    onComplaint: (line) => {
      const [, name, reason = ''] = /^\S*getfattr: (.*): ([^:]+)$/.exec(line) ?? [];
      const path = name === undefined ? undefined : withoutPrefix(Buffer.from(name, 'latin1'));
      if (path === undefined) failure = line;
      else if (reason !== GONE) onUnreadable(path, reason);
    },
  });
  const reading = (async () => {
    const read = createAttributesReader();
    for await (const chunk of tool.output) {
      for (const { path, xattrs } of read(chunk)) await onFile(path, xattrs);
    }
  })();
  reading.catch(() => undefined); // `finish` tells it
  let names: Buffer[] = [];
  const flush = async (): Promise<void> => {
    const input = Buffer.concat(names);
    names = [];
    await tool.write(input);
  };
  return {
    state: 'read',
    add: (path) => void names.push(PREFIX, path, NUL),
    flush,
    finish: async () => {
      await flush();
      tool.close();
      await reading;
      const exitCode = await tool.end();
      if (exitCode !== 0 && exitCode !== SOME_FAILED)
        throw new FtsError('ToolFailed', `getfattr ${endOf(exitCode)}: ${failure}`);
    },
    kill: tool.kill,
  };
}

/** xargs' exit code when it ran all, and some could not do all: what that was is in the messages. */
const SOME_FAILED = 123;

/** getfattr stands in the folder. With the prefix a path is one, whatever its name. */
const PREFIX = Buffer.from('./');

const withoutPrefix = (path: Buffer): Buffer | undefined =>
  path.subarray(0, PREFIX.length).equals(PREFIX) ? path.subarray(PREFIX.length) : undefined;

const NUL = Buffer.alloc(1);

/** What one file has: names of attributes, and values in base64. */
interface FileAttributes {
  path: Buffer;
  xattrs: Record<string, string>;
}

/** XFS's own view of what `system.posix_acl_*` say, which root sees beside them. */
const TWICE_TOLD = 'trusted.SGI_ACL_';

/** Reads what getfattr(1) prints: blocks of `# file: …` and `name=0sBASE64`, each ended by an empty line. */
function createAttributesReader(): (chunk: Buffer) => FileAttributes[] {
  let rest = '';
  let path: Buffer | undefined;
  let found: [string, string][] = [];
  return (chunk) => {
    const files: FileAttributes[] = [];
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith(FILE)) {
        path = withoutPrefix(unquoted(line.slice(FILE.length)));
        found = [];
      } else if (line !== '') {
        const [name = '', value = ''] = line.split('=0s');
        if (!name.startsWith(TWICE_TOLD)) found.push([attributeName(unquoted(name)), value]);
      } else if (path && found.length > 0) {
        files.push({ path, xattrs: Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1))) });
      }
    }
    return files;
  };
}

const FILE = '# file: ';

/** As `printableName` writes it, with every backslash escaped, so that it can be had back without a mark beside it. */
function attributeName(bytes: Buffer): string {
  const { path, encoded } = printableName(bytes);
  return encoded ? path : path.replaceAll('\\', '\\x5c');
}
