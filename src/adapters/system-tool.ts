import type { ChildProcess, StdioOptions } from 'node:child_process';
import { FtsError } from '../domain/failures.js';
import { startTied } from './tied-process.js';
import { inheritedEnvironment, requirePrograms } from './tool-command.js';

/** Starts one of Linux' own tools, which says what it has to say in English, and dies with this process. Fails with `ToolMissing`. */
export async function startSystemTool(
  file: string,
  args: readonly string[],
  stdio: StdioOptions,
): Promise<ChildProcess> {
  if (process.platform !== 'linux') {
    throw new FtsError('ToolMissing', `this needs Linux and its ${file}; this is ${process.platform}`);
  }
  const environment: Record<string, string> = { ...inheritedEnvironment(), LC_ALL: 'C' };
  await requirePrograms(['setpriv', file], environment.PATH);
  return startTied(file, args, { environment, stdio });
}
