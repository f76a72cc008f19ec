import { readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

interface Process {
  pid: number;
  command: string;
}

/** Living processes, not zombies, whose command line holds all of the texts. */
export async function processesWith(...texts: string[]): Promise<Process[]> {
  const found: Process[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (command !== '' && texts.every((text) => command.includes(text))) {
      found.push({ pid: Number(entry), command: command.replaceAll('\0', ' ').trim() });
    }
  }
  return found;
}

/**
 * Stops the first process to come with such a command line, and gives its id. It is looked for without a pause, and
 * among the new ones only, so that one of some tenths of a second is not missed.
 */
export async function stopNext(isIt: (command: string) => boolean): Promise<number> {
  const known = new Set(readdirSync('/proc'));
  for (;;) {
    for (const entry of readdirSync('/proc')) {
      if (known.has(entry) || !/^\d+$/.test(entry) || !isIt(commandOf(entry))) continue;
      process.kill(Number(entry), 'SIGSTOP');
      return Number(entry);
    }
    await setImmediate();
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

/** Whether a stopped process has a SIGINT waiting for it (proc(5)). */
export async function isInterrupted(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return pending.some(([, mask = '0']) => (BigInt(`0x${mask}`) & 2n) !== 0n);
}

/** Keeps a process from going on while something happens. */
export async function whileStopped<T>(pid: number, happens: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  try {
    return await happens();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
