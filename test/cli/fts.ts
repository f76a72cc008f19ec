import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built command; `npm test` builds before it tests. */
export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface FtsExit {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface FtsOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Another build's. */
  main?: string;
}

/** A running `fts`. */
export class Fts {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly ended: Promise<FtsExit>;
  #changed: () => void = () => undefined;

  constructor(args: readonly string[], { cwd, env, main = MAIN }: FtsOptions = {}) {
    this.child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: 'pipe',
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    this.ended = once(this.child, 'close').then(() => ({
      exitCode: this.child.exitCode,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves once the pattern stands on stderr; rejects if the process ends before. */
  async untilStderr(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (pattern.test(this.stderr)) resolve();
      };
      this.#changed();
    });
    const ended = this.ended.then(({ stdout, stderr }) => {
      if (!pattern.test(stderr)) throw new Error(`ended without ${String(pattern)}: ${stdout}${stderr}`);
    });
    await Promise.race([seen, ended]);
  }
}

/** Runs `fts` to its end. */
export const fts = (args: readonly string[], options?: FtsOptions): Promise<FtsExit> =>
  new Fts(args, options).ended;

/** The one JSON object on stdout; throws unless there is exactly one. */
export function answer({ stdout, stderr }: FtsExit): Record<string, unknown> {
  const [line = '', ...rest] = stdout.split('\n');
  if (rest.join('') !== '') throw new Error(`more than one line on stdout: ${stdout}`);
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw new Error(`no JSON on stdout: ${stdout}${stderr}`);
  }
}
