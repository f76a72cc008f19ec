import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ProcessId } from './processes.js';

/** Who takes everything away in the end, even if this process is killed. */
export interface CleanUp {
  mount(path: string): void;
  /** A file that may come to be behind a loop device. */
  image(path: string): void;
  process(id: ProcessId): void;
  folder(path: string): void;
  /** Takes everything away now. */
  now(): Promise<void>;
}

export function startCleanUp(): CleanUp {
  const program = join(import.meta.dirname, 'janitor.js');
  // In a session of its own: Ctrl-C reaches the whole group of a terminal.
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
  child.unref();
  const ended = once(child, 'exit');
  const tell = (line: string): void => void child.stdin.write(`${line}\n`);
  return {
    mount: (path) => {
      tell(`mount ${path}`);
    },
    image: (path) => {
      tell(`image ${path}`);
    },
    process: ({ pid, started }) => {
      tell(`process ${String(pid)} ${started}`);
    },
    folder: (path) => {
      tell(`folder ${path}`);
    },
    now: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
