import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Asks on the terminal whether to go on; anything but yes is no. */
export async function askedToGoOn(): Promise<'yes' | 'no' | 'interrupted'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = once(terminal, 'close').then(() => ''); // by Ctrl-D: that is no yes
    const typed = await Promise.race([terminal.question('Go on? [y/N] '), closed]);
    return /^y(es)?$/i.test(typed.trim()) ? 'yes' : 'no';
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    return error.message.includes('Ctrl+C') ? 'interrupted' : 'no';
  } finally {
    terminal.close();
  }
}
