import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from './until.js';

const ROOT = dirname(dirname(import.meta.dirname));

/** A compiled file, for what runs as a process of its own. */
export function compiled(file: string): string {
  const path = join(ROOT, 'dist', file);
  if (!existsSync(path)) throw new Error(`${path} is not there; \`npm run build\` makes it`);
  return path;
}

/** A running program of ours. */
export interface Running {
  child: ChildProcess;
  pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves when stderr holds the text. */
  says(text: string | RegExp): Promise<void>;
  /** Sends a signal, if given, and waits for the end: the exit code, or the signal that ended it. */
  ends(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts a compiled file with Node. */
function startNode(file: string, args: readonly string[], environment: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [compiled(file), ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const end = once(child, 'close').then(() => child.exitCode ?? child.signalCode ?? 'unknown');
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    says: async (text) => {
      const found = (): boolean => (typeof text === 'string' ? stderr.includes(text) : text.test(stderr));
      await until(() => {
        if (!found() && child.exitCode !== null)
          throw new Error(`it ended without saying ${String(text)}:\n${stderr}`);
        return found();
      }).catch((error: unknown) => {
        throw new Error(`it never said ${String(text)}:\n${stderr}`, { cause: error });
      });
    },
    ends: async (signal) => {
      if (signal !== undefined) child.kill(signal);
      return end;
    },
  };
}

/** `fts` as users start it. */
export const startFts = (args: readonly string[], environment: NodeJS.ProcessEnv): Running =>
  startNode('src/cli/main.js', args, environment);

/** The test's environment without what is set up for another Temporal server, and with this. */
export function cleanEnvironment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|FTS_(?!TOOLS_DIR))/.test(name));
  return { ...Object.fromEntries(kept), ...more };
}
