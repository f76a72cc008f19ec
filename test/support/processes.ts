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
