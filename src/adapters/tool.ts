import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { FtsError } from '../domain/failures.js';
import { holdLockFile } from './lock-file.js';
import { busyLock } from './locks.js';
import { redact } from './redaction.js';
import { toolCleanUpMs } from './tool-clean-up.js';
import {
  LOCK_CONFLICT,
  type ToolCommand,
  inheritedEnvironment,
  requirePrograms,
  toolCommand,
} from './tool-command.js';

/** So much of the end of each stream is kept for messages and for parsing (characters). */
const TAIL_LENGTH = 64 * 1024;

type OnLine = (line: string) => void;

/** One call of one tool, without a shell. */
export interface ToolCall {
  /** Absolute path. */
  file: string;
  args: readonly string[];
  /** The whole environment of the tool, but for what `inheritedEnvironment` lets through. */
  environment?: Record<string, string>;
  directory?: string;
  /** Lock file that the tool itself holds while it lives. */
  lock?: string;
  /**
   * Aborting it sends SIGINT, waits for the tool's own clean-up, and rejects with the signal's reason. A tool that has
   * not ended by then gets SIGKILL; it dies, and its lock is free.
   */
  signal?: AbortSignal;
  /** How long that clean-up may take (milliseconds); `toolCleanUpMs()` unless said otherwise. */
  cleanUpMs?: number;
  /** Hears each line, unredacted. If it throws, the tool is interrupted too, and that is what the call rejects with. */
  onStdout?: OnLine;
  onStderr?: OnLine;
  /** Hears stdout as it comes, in place of `onStdout`: for output without line ends. Nothing of it is kept. */
  onOutput?: (chunk: Buffer) => void;
  /** File that stdout goes to, byte for byte, in place of `onStdout`; replaced if it is there, for its owner only. */
  stdoutFile?: string;
}

export interface ToolExit {
  /** Undefined when a signal ended the tool. */
  exitCode: number | undefined;
  /** The signal that ended it. */
  signal: string | undefined;
  /** Ends of the streams, redacted. */
  stdout: string;
  stderr: string;
}

/**
 * Runs a tool to its end. On Linux it dies with this process and holds its own lock, so that killing the worker ends
 * the tool *and* frees the lock. Call it from the main thread only: the kernel signals the tool when the thread that
 * started it ends.
 *
 * Fails with `Busy` (naming the holder) when the lock is taken, with `ToolMissing` when the tool, setpriv or flock is
 * not there, and with `ToolFailed` when it cannot be started for another reason.
 */
export async function runTool(call: ToolCall): Promise<ToolExit> {
  call.signal?.throwIfAborted();
  const command = toolCommand(call.file, call.args, call.lock);
  const environment = { ...inheritedEnvironment(), ...call.environment };
  await requirePrograms(command.programs, environment.PATH);
  const release = process.platform === 'linux' || !call.lock ? undefined : await holdLockFile(call.lock);
  try {
    const exit = await runInterruptibly(command, environment, call);
    if (exit.exitCode === LOCK_CONFLICT && call.lock && !release) throw await busyLock(call.lock);
    return exit;
  } finally {
    await release?.();
  }
}

async function runInterruptibly(
  command: ToolCommand,
  environment: Record<string, string>,
  call: ToolCall,
): Promise<ToolExit> {
  if (call.stdoutFile === undefined) return followed(command, environment, call);
  const output = createWriteStream(call.stdoutFile, { mode: 0o600 });
  await once(output, 'open'); // from here on it has a file descriptor, which the tool gets
  try {
    return await followed(command, environment, call, output);
  } finally {
    output.destroy();
  }
}

async function followed(
  { file, args }: ToolCommand,
  environment: Record<string, string>,
  { directory, signal, cleanUpMs = toolCleanUpMs(), onStdout, onStderr, onOutput }: ToolCall,
  output?: Writable,
): Promise<ToolExit> {
  const broken = new AbortController();
  const interruption = signal ? AbortSignal.any([signal, broken.signal]) : broken.signal;
  const child = execa(file, args, {
    ...(directory !== undefined && { cwd: directory }),
    cancelSignal: interruption,
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    stdout: output ?? 'pipe',
    buffer: false,
    reject: false,
    killSignal: 'SIGINT',
    forceKillAfterDelay: cleanUpMs,
  });
  if (child.pid === undefined) {
    const { originalMessage } = await child;
    throw new FtsError('ToolFailed', `cannot start ${file}: ${redact(originalMessage ?? 'unknown reason')}`);
  }
  const [stdout, stderr] = await Promise.all([
    output
      ? ''
      : onOutput
        ? passedOn(child.iterable({ from: 'stdout', binary: true }), breaking(broken, onOutput))
        : tailOf(child.iterable({ from: 'stdout' }), breaking(broken, onStdout)),
    tailOf(child.iterable({ from: 'stderr' }), breaking(broken, onStderr)),
  ]);
  const exit = await child;
  interruption.throwIfAborted();
  return { exitCode: exit.exitCode, signal: exit.signal, stdout, stderr };
}

/** A callback that aborts the controller in place of throwing. */
const breaking =
  <T>(controller: AbortController, hear: (heard: T) => void = () => undefined) =>
  (heard: T): void => {
    try {
      hear(heard);
    } catch (error) {
      controller.abort(error);
    }
  };

/** Reads a stream to its end. */
async function passedOn(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Buffer) => void,
): Promise<string> {
  try {
    for await (const chunk of chunks) onChunk(Buffer.from(chunk));
  } catch (error) {
    endsWithProcess(error);
  }
  return '';
}

/** A stream that breaks with its process is at its end. */
function endsWithProcess(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'ExecaError') throw error;
}

/** Reads a stream to its end. What is kept is redacted before it is cut, so that no half of a secret remains. */
async function tailOf(lines: AsyncIterable<string>, onLine: OnLine): Promise<string> {
  let tail = '';
  try {
    for await (const line of lines) {
      tail += `${line}\n`;
      if (tail.length > 2 * TAIL_LENGTH) tail = redact(tail).slice(-TAIL_LENGTH);
      onLine(line);
    }
  } catch (error) {
    endsWithProcess(error);
  }
  return redact(tail).slice(-TAIL_LENGTH);
}
