import { readFile, readdir } from 'node:fs/promises';

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
