import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { FtsError } from '../../domain/failures.js';
import { crashPoint } from '../crash-point.js';

const PULSE_MS = 15_000;
const PREFIX = '.fetching-';

/** Scratch space inside the tools folder, so that what is made there can be moved out of it atomically. */
export class FetchWorkshop {
  private constructor(
    readonly toolsFolder: string,
    private readonly folder: string,
  ) {}

  /** Makes it, and clears away what killed set-ups left. Throws `ToolMissing` where one cannot write. */
  static async open(toolsFolder: string): Promise<FetchWorkshop> {
    try {
      await mkdir(toolsFolder, { recursive: true });
      await removeLeftovers(toolsFolder);
      const folder = await mkdtemp(path.join(toolsFolder, `${PREFIX}${process.pid}-`));
      crashPoint('workshop-made');
      return new FetchWorkshop(toolsFolder, folder);
    } catch (error) {
      throw new FtsError(
        'ToolMissing',
        `cannot write into the tools folder: ${(error as Error).message}`,
        'set FTS_TOOLS_DIR to a folder you can write into',
      );
    }
  }

  /** A folder of that name, the same one each time. */
  async room(name: string): Promise<string> {
    const folder = path.join(this.folder, name);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Runs `work`, and tells every 15 s that it still does (seconds since the start). */
  async withPulse<T>(work: () => Promise<T>, tell: (seconds: number) => void): Promise<T> {
    const start = Date.now();
    const pulse = setInterval(() => {
      tell(Math.round((Date.now() - start) / 1000));
    }, PULSE_MS);
    try {
      return await work();
    } finally {
      clearInterval(pulse);
    }
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function removeLeftovers(toolsFolder: string): Promise<void> {
  for (const entry of await readdir(toolsFolder)) {
    const owner = entry.startsWith(PREFIX) ? Number.parseInt(entry.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    await rm(path.join(toolsFolder, entry), { recursive: true, force: true });
    crashPoint('workshop-cleared');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
