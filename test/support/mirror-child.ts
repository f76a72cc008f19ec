/**
 * A process that deletes or uploads what a plan names, as a host's worker does, and keeps its progress in a file:
 * `node mirror-child.js JSON`. It kills itself where it is told to.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Deletion, deletePlanned } from '../../src/adapters/mirror/delete.js';
import { mirrorFiles } from '../../src/adapters/mirror/files.js';
import type { MirrorPlace } from '../../src/adapters/mirror/place.js';

/** What the process is told. */
export interface MirrorChild {
  place: Omit<MirrorPlace, 'signal' | 'files'>;
  /** Folder of the state. */
  state: string;
  /** File with the progress. */
  progress: string;
  batch: number;
  /** Before the guard's look or the progress' writing of that number, counted from 1, or right after the writing. */
  die?: { at: 'guard' | 'keep' | 'kept'; number: number } | undefined;
}

const told = JSON.parse(process.argv[2] ?? '') as MirrorChild;

const counts = { guard: 0, keep: 0, kept: 0 };
function pass(at: keyof typeof counts): void {
  counts[at] += 1;
  if (told.die?.at === at && told.die.number === counts[at]) process.kill(process.pid, 'SIGKILL');
}

const from = await readFile(told.progress, 'utf8').then(
  (text) => JSON.parse(text) as Deletion,
  () => undefined,
);
const done = await deletePlanned({
  place: {
    ...told.place,
    files: mirrorFiles({ path: (...parts) => join(told.state, ...parts) }, 'mirror'),
    signal: new AbortController().signal,
  },
  from,
  postponed: [],
  batch: told.batch,
  guard: () => {
    pass('guard');
    return Promise.resolve();
  },
  keep: async (progress) => {
    pass('keep');
    await writeFile(`${told.progress}.new`, JSON.stringify(progress));
    await rename(`${told.progress}.new`, told.progress);
    pass('kept');
  },
  tell: () => undefined,
});
process.stdout.write(`${JSON.stringify(done)}\n`);
