import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { endOf } from '../../domain/exit-words.js';
import { type FailureType, FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { startSystemTool } from '../system-tool.js';

/** Where a tool finds the folder that was handed to it: by its handle, whatever is done to names meanwhile. */
export const HANDED = '/proc/self/fd/3/.';

/** So much of what a tool complains about is kept (bytes): a path that is too long for the system, and what it says of it. */
const COMPLAINT_LENGTH = 16_384;

/** A longer complaint loses its middle (characters): a path begins it, the reason ends it. */
const TOLD_LENGTH = 400;

export interface ProjectToolCall {
  file: 'cp' | 'find' | 'sync' | 'touch' | 'xargs';
  args: readonly string[];
  /** The folder that is `HANDED`. */
  folder?: FileHandle;
  input?: Buffer;
  signal?: AbortSignal | undefined;
  onStdout?: (chunk: Buffer) => void;
  /** Hears of the tool's process when it runs. */
  onStart?: (pid: number) => void;
}

/** What went wrong with one project, be it by the system's word; undefined for what concerns all of them. */
export function projectFailure(error: unknown): FtsError | undefined {
  if (error instanceof FtsError) return error.type === 'VolumeUnavailable' ? undefined : error;
  return error instanceof Error && 'syscall' in error ? new FtsError('ToolFailed', error.message) : undefined;
}

/** Opens a folder, and nothing else: a link or a file fails with ELOOP or ENOTDIR. */
export const openFolder = (path: Buffer | string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);

/** Where an open folder is at present, by the kernel's word: links on the way to it are resolved. */
export const handedPath = (folder: FileHandle): Promise<Buffer> =>
  readlink(`/proc/self/fd/${String(folder.fd)}`, 'buffer');

/**
 * Runs one of the system's file tools on names that need not be UTF-8, which Node cannot put into arguments: a folder is
 * handed over as an open handle. The tool dies with this process. Fails with `ToolFailed` and what the tool said, with
 * `DestinationFull`, `ProjectUnfit`, `ToolMissing`; rejects with the signal's reason once the tool has ended.
 */
export async function runProjectTool({
  file,
  args,
  folder,
  input,
  signal,
  onStdout,
  onStart,
}: ProjectToolCall): Promise<void> {
  signal?.throwIfAborted();
  const stdin = input ? 'pipe' : 'ignore';
  const child = await startSystemTool(file, args, [stdin, 'pipe', 'pipe', folder?.fd ?? 'ignore']);
  if (child.pid !== undefined) onStart?.(child.pid);
  const interrupt = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', interrupt, { once: true });
  let complaint = Buffer.alloc(0);
  child.stdout?.on('data', (chunk: Buffer) => onStdout?.(chunk));
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = Buffer.concat([complaint, chunk]).subarray(0, COMPLAINT_LENGTH);
  });
  if (child.stdin instanceof Writable) {
    child.stdin.on('error', () => undefined); // the tool ended early, which its exit code tells
    child.stdin.end(input);
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', interrupt));
  signal?.throwIfAborted();
  if (exitCode === 0) return;
  const said = withoutMiddle(printableName(complaint.toString('latin1').trim().split('\n')[0] ?? '').path);
  throw new FtsError(meaningOf(complaint.toString('latin1')), `${file} ${endOf(exitCode)}: ${said}`);
}

const withoutMiddle = (text: string): string =>
  text.length <= TOLD_LENGTH ? text : `${text.slice(0, TOLD_LENGTH / 2)}…${text.slice(-TOLD_LENGTH / 2)}`;

/** A filesystem that cannot take an attribute says that it is full: ext4 holds about 4 kB of each file's, XFS 64 KiB of each. */
function meaningOf(complaint: string): FailureType {
  const full = complaint
    .split('\n')
    .filter((line) => /No space left on device|Disk quota exceeded/.test(line));
  if (full.length === 0) return 'ToolFailed';
  return full.every((line) => line.includes('setting attribute')) ? 'ProjectUnfit' : 'DestinationFull';
}
