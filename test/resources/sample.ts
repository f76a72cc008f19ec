import { readFileSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesIn } from '../faults/senses.js';
import type { WorkerProcess } from '../faults/worker.js';
import type { World } from '../faults/world.js';

/** What there is of each thing while no job runs: bytes of memory, or a number of things. */
export type Sample = Readonly<Record<string, number>>;

/** Figures of memory are these; of all others a number is counted. */
export const isMemory = (figure: string): boolean => figure.endsWith('memory');

/** A tool that has told its result ends within this time (milliseconds). */
const ENDING_MS = 5000;

/** `rounds`: so many graduations have each left a report, which stays for 90 days. */
export async function takeSample(world: World, rounds: number): Promise<Sample> {
  const { folder, state, flux, space, host, control } = world;
  const isBusy = (): boolean => host.tools().some(({ name }) => name !== 'node');
  for (const end = Date.now() + ENDING_MS; isBusy() && Date.now() < end;) await sleep(20);
  const count = async (path: string): Promise<number> => (await filesBelow(path)).length;
  const stateFiles = await filesBelow(state);
  const reports = stateFiles.filter((name) => name.startsWith('reports/')).length;
  return {
    ...ofProcess('host', host),
    ...ofProcess('control', control),
    'state: records': stateFiles.length - reports,
    'state: reports beyond one a graduation': reports - rounds,
    locks: await count(join('/run/fts', world.estate)),
    'temporary files': await count(join(folder, 'tmp')),
    'staging and hidden sources': (await count(join(flux, '.fts'))) + (await count(join(space, '.fts'))),
    'repository locks': await count(join(space, 'local', 'locks')),
    'restic cache, unfinished': (await filesBelow(join(folder, 'cache'))).filter(isUnfinished).length,
  };
}

/** restic writes into its cache under a name of its own first. */
const isUnfinished = (name: string): boolean => /tmp|\.partial$/.test(name);

function ofProcess(name: string, worker: WorkerProcess): Sample {
  const pid = String(worker.id()?.pid);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (key: string): number => Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  return {
    [`${name}: memory`]: field('VmRSS') * 1024,
    [`${name}: threads`]: field('Threads'),
    [`${name}: descriptors`]: readdirSync(`/proc/${pid}/fd`).length,
    [`${name}: children`]: worker.tools().length,
  };
}

/** Relative paths of all that is no folder; none where there is nothing. */
async function filesBelow(root: string): Promise<string[]> {
  if (namesIn(root).length === 0) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
}
