/**
 * `npm run test:resources -- --runs 1000`: runs of every kind of job one round after the other, and what the workers and
 * their folders have between them. Exit code 0: nothing grew. docs/faults.md.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toolFolders } from '../faults/tools.js';
import { type World, makeWorld } from '../faults/world.js';
import { type Growth, type Window, figuresOf, growthBetween, median, mib, valuesOf } from './growth.js';
import { isMemory, takeSample } from './sample.js';
import { JOBS, declared, prepare, runAll, tidy } from './work.js';

/** So many at most, and the first two warm up: caches fill, pools of threads start, V8 finds the size of its heap. */
const WINDOWS = 10;
const WARM_UP = 2;
const FEWEST_ROUNDS = 4;

export interface ResourceSummary {
  ok: boolean;
  runs: number;
  seconds: number;
  grown: Growth[];
  /** Of each window: the median of memory (bytes), or the least and the most of what is counted. */
  windows: { runs: number; figures: Record<string, number | [number, number]> }[];
}

/** What 1,000 runs may add to the median of a worker's memory: see docs/faults.md. */
const MEMORY_BYTES = 8 * 1024 ** 2;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function play(world: World, runs: number): Promise<Window[]> {
  const rounds = Math.ceil(runs / JOBS.length);
  const most = Math.min(WINDOWS, rounds);
  const windows: Window[] = [];
  for (let round = 0; round < rounds; round += 1) {
    prepare(world, round);
    await runAll(world);
    await tidy(world, round);
    const index = Math.floor((round * most) / rounds);
    const window = (windows[index] ??= { runs: 0, samples: [] });
    window.runs = (round + 1) * JOBS.length;
    window.samples.push(await takeSample(world, round + 1));
    if (Math.floor(((round + 1) * most) / rounds) > index) say(describe(window));
  }
  return windows;
}

function figures(window: Window): ResourceSummary['windows'][number]['figures'] {
  return Object.fromEntries(
    figuresOf(window).map((figure) => {
      const values = valuesOf(window, figure);
      return [figure, isMemory(figure) ? median(values) : [Math.min(...values), Math.max(...values)]];
    }),
  );
}

function describe(window: Window): string {
  const parts = Object.entries(figures(window)).map(([figure, value]) =>
    typeof value === 'number' ? `${figure} ${mib(value)}` : `${figure} ${[...new Set(value)].join('–')}`,
  );
  return `${String(window.runs)} runs: ${parts.join(', ')}`;
}

async function main(): Promise<number> {
  const options = {
    runs: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  const runs = Number(values.runs);
  const fewest = FEWEST_ROUNDS * JOBS.length;
  if (!Number.isInteger(runs) || runs < fewest)
    throw new Error(`--runs wants a whole number, ${String(fewest)} at least`);
  process.env.PATH = [...(await toolFolders()), process.env.PATH].join(':');
  const startedAt = Date.now();
  const world = await makeWorld(declared, (folder) => ({ TMPDIR: join(folder, 'tmp') }));
  try {
    await mkdir(join(world.folder, 'tmp'), { recursive: true });
    const windows = await play(world, runs);
    const [earlier, later] = [windows[WARM_UP], windows.at(-1)];
    const grown = earlier && later ? growthBetween(earlier, later, MEMORY_BYTES) : [];
    const summary: ResourceSummary = {
      ...{ ok: grown.length === 0, runs: later?.runs ?? 0, seconds: (Date.now() - startedAt) / 1000, grown },
      windows: windows.map((window) => ({ runs: window.runs, figures: figures(window) })),
    };
    for (const { figure, said } of grown) say(`GROWN: ${figure}: ${said}`);
    if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    return summary.ok ? 0 : 1;
  } finally {
    await world.remove();
  }
}

process.exitCode = await main();
