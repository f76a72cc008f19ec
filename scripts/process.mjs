import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SetUpError } from './step.mjs';

const PULSE_MS = 15_000;
const LINES_SHOWN = 60;

/** Runs a step's program quietly; what it prints is shown only if it fails. `say` is told every 15 s that it still runs. */
export function runQuietly([file, ...args], { name, say, hint }) {
  return new Promise((resolve, reject) => {
    const start = Date.now();
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const pulse = setInterval(
      () => say(`${name}: ${Math.round((Date.now() - start) / 1000)} s so far`),
      PULSE_MS,
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.once('error', (error) => {
      clearInterval(pulse);
      reject(new SetUpError(`${name} cannot be started: ${error.message}`, hint));
    });
    child.once('close', (code, signal) => {
      clearInterval(pulse);
      if (code === 0) return resolve(output);
      console.error(shortened(output.trimEnd().split('\n')).join('\n'));
      reject(new SetUpError(`${name} ended with ${signal ?? `exit code ${code}`}`, hint));
    });
  });
}

/** The first and last lines: the reason stands at either end. */
function shortened(lines) {
  if (lines.length <= LINES_SHOWN) return lines;
  return [...lines.slice(0, LINES_SHOWN / 2), '…', ...lines.slice(-LINES_SHOWN / 2)];
}

/** Runs a Node program in the foreground and resolves to its exit code (128 + number for a signal, as shells do). */
export function runToEnd(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    // A terminal sends Ctrl-C to all of us; sent on, the child would hear it twice.
    process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
