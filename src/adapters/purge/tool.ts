import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FtsError } from '../../domain/failures.js';
import { DeleteAnswer, PurgeLine, type PurgeRequest, ScanAnswer } from './messages.js';
import { runTool } from '../tool.js';

/** The compiled program; TypeScript that runs from source (tests) uses the one of the last build. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/src/adapters/purge/program.js' : './program.js',
    import.meta.url,
  ),
);

type ScanRequest = Omit<Extract<PurgeRequest, { do: 'scan' }>, 'do'>;
type DeleteRequest = Omit<Extract<PurgeRequest, { do: 'delete' }>, 'do'>;

export interface PurgeCall {
  /** Lock file; the program holds it while it lives. */
  lock: string;
  signal: AbortSignal;
  tell: (progress: { files: number; bytes?: number }) => void;
}

/** Plans what is old. Changes nothing but the plan file. Fails with `PathUnsafe`, `Busy`, `ToolFailed`. */
export const scanFolder = async (request: ScanRequest, call: PurgeCall): Promise<ScanAnswer> =>
  ScanAnswer.parse(await runProgram({ do: 'scan', ...request }, call));

/** Deletes what a plan names. Safe to repeat with `resumed`. Fails with `PathUnsafe`, `StateCorrupt`, `Busy`, `ToolFailed`. */
export const deleteFromFolder = async (request: DeleteRequest, call: PurgeCall): Promise<DeleteAnswer> =>
  DeleteAnswer.parse(await runProgram({ do: 'delete', ...request }, call));

async function runProgram(request: PurgeRequest, { lock, signal, tell }: PurgeCall): Promise<unknown> {
  if (process.platform !== 'linux') {
    throw new FtsError('ToolMissing', `purge needs Linux, and this is ${process.platform}`);
  }
  await mkdir(dirname(request.plan), { recursive: true, mode: 0o700 });
  let end: PurgeLine | undefined;
  const exit = await runTool({
    file: process.execPath,
    args: [PROGRAM, JSON.stringify(request)],
    lock,
    signal,
    onStdout: (text) => {
      const line = PurgeLine.parse(JSON.parse(text));
      if ('progress' in line) tell(line.progress);
      else end = line;
    },
  });
  if (end !== undefined && 'refused' in end) {
    const { type, message, hint } = end.refused;
    throw new FtsError(type, message, hint);
  }
  if (exit.exitCode === 0 && end !== undefined && 'answer' in end) return end.answer;
  const how = exit.signal ?? `exit code ${String(exit.exitCode)}`;
  throw new FtsError(
    'ToolFailed',
    `the ${request.do} of ${request.path} ended with ${how}: ${lastError(exit.stderr)}`,
  );
}

/** Node prints the stack below the message. */
const lastError = (stderr: string): string =>
  stderr.split('\n').find((line) => /^\w*Error\b/.test(line.trim())) ?? stderr.slice(-200);
