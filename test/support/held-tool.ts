import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { vi } from 'vitest';
import { fakeTool } from './fake-tool.js';
import { until } from './until.js';

/** A tool that a test can have stop itself. */
export interface HeldTool {
  /** The next such call stops itself. Asked for before whatever leads to it, so that it cannot be missed. */
  holdNext(): Promise<void>;
  /** The process of that call, once it has stopped. By SIGCONT it becomes the real tool. */
  held(): Promise<number>;
  /** After each test, whatever came of it: nothing is stopped, or is going to. */
  letGo(): Promise<void>;
  remove(): Promise<void>;
}

interface Call {
  /** Which calls, as a pattern of `case` in a shell: all arguments, with a space around each. */
  when: string;
  /** What has been done when it stops: commands of a shell, which sees its arguments. */
  first?: string;
  /** Signals that wait for the real tool, which has to know them. What is sent to the others ends it on the spot. */
  handles?: readonly string[];
}

/** Puts a tool before the real one, for all that is started from now on. */
export async function heldTool(name: string, { when, first = ':', handles = [] }: Call): Promise<HeldTool> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-held-'));
  const path = process.env.PATH ?? '';
  const at = (sign: string): string => join(folder, sign);
  const [bin, wanted, taken, stopped] = [at('bin'), at('wanted'), at('taken'), at('stopped')];
  await fakeTool(
    folder,
    'stops',
    `${first}\necho $$ >${taken}\nmv ${taken} ${stopped}\nkill -STOP $$\nexec ${name} "$@"`,
  );
  const blocking = handles.length === 0 ? '' : `env --block-signal=${handles.join()} `;
  const held = `if mv ${wanted} ${taken} 2>/dev/null; then exec ${blocking}${folder}/stops "$@"; fi`;
  await fakeTool(bin, name, `PATH='${path}'\ncase " $* " in ${when}) ${held};; esac\nexec ${name} "$@"`);
  vi.stubEnv('PATH', [bin, path].join(delimiter));
  const pidOfHeld = async (): Promise<number | undefined> => {
    const pid = Number(await readFile(stopped, 'utf8').catch(() => ''));
    return pid !== 0 && (await isStopped(pid)) ? pid : undefined;
  };
  return {
    holdNext: async () => {
      await rm(stopped, { force: true });
      await writeFile(wanted, '');
    },
    held: () => until(pidOfHeld),
    letGo: async () => {
      await rm(wanted, { force: true });
      const pid = await pidOfHeld();
      if (pid !== undefined) process.kill(pid, 'SIGCONT');
    },
    remove: async () => {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return stat.includes(') T ');
}
