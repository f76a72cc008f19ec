import { execa } from 'execa';
import { compiled } from '../support/fts.js';
import type { Summary } from './summary.js';

/** How a call of the harness ended. */
interface Played {
  /** Undefined if it printed none. */
  summary: Summary | undefined;
  exitCode: number | undefined;
  /** For people: its exit code or signal, and all that it said. */
  told: string;
}

/** Calls the harness, as a process of its own. */
export function playHarness(...args: string[]): { pid: number; ended: Promise<Played> } {
  const program = compiled('test/faults/main.js');
  const child = execa(process.execPath, [program, ...args, '--json'], { reject: false });
  const ended = child.then(({ exitCode, signal, stdout, stderr }) => ({
    summary: stdout === '' ? undefined : (JSON.parse(stdout) as Summary),
    exitCode,
    told: `ended with ${String(signal ?? exitCode)}\n${stderr}`,
  }));
  return { pid: child.pid ?? 0, ended };
}
