import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { B2StandIn } from '../../src/b2-stand-in/server.js';
import toolsOnPath from '../support/tools-on-path.js';
import { measureCommandLine, waitingJobs } from './command-line.js';
import { type BenchEstate, type Declared, startBenchEstate } from './estate.js';
import { type Measured, isOver, median } from './figure.js';
import { graduationJob, measureGraduation } from './graduation.js';
import { measureHistory } from './history.js';
import { measureMemory } from './memory.js';
import { measureMirror, mirrorJobs, startRemote } from './mirror.js';
import { type Scale, scaled } from './scale.js';
import { measureScan } from './scan.js';
import { measureSnapshots, snapshotJobs } from './snapshots.js';
import { reportText } from './report.js';

interface Bench {
  estate: BenchEstate;
  scale: Scale;
  remote: B2StandIn;
}

/** In this order. What idle workers keep is asked before anything ran, and once more at the end. */
const PARTS: Record<string, (bench: Bench) => Promise<Measured[]>> = {
  memory: ({ estate }) => measureMemory(estate, 'at the start'),
  'command-line': ({ estate, scale }) => measureCommandLine(estate, scale),
  snapshots: async ({ estate, scale }) => [
    ...(await measureSnapshots(estate, scale)),
    ...(await measureHistory(estate, 'snapshot-0')),
  ],
  graduation: ({ estate, scale }) => measureGraduation(estate, scale),
  scan: ({ estate, scale }) => measureScan(estate, scale),
  mirror: ({ estate, scale, remote }) => measureMirror(estate, scale, remote),
};

const USAGE = `usage: npm run bench -- [--scale N] [--rounds N] [--only NAME]... [--json FILE]
  --scale N    1: 2 GiB in 20,000 files, a scan of 200,000; 0.1: a tenth of it (1)
  --rounds N   how often what takes long is repeated (3)
  --only NAME  only these of: ${Object.keys(PARTS).join(', ')}
  --json FILE  write the figures there too`;

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);

function declared(scale: Scale, remote: B2StandIn): Declared {
  const [snapshots, mirrors] = [snapshotJobs(scale), mirrorJobs(scale, remote)];
  const jobs = { ...snapshots.jobs, ...mirrors.jobs, graduation: graduationJob };
  const waiting = waitingJobs(Object.keys(jobs).length);
  return {
    repositories: { ...snapshots.repositories, ...waiting.repositories },
    remotes: mirrors.remotes,
    jobs: { ...jobs, ...waiting.jobs },
    secrets: mirrors.secrets,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scale: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', multiple: true },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [size, rounds] = [Number(values.scale), Number(values.rounds)];
  const wanted = values.only ?? Object.keys(PARTS);
  if (values.help || !(size > 0) || !(rounds >= 1) || !wanted.every((name) => name in PARTS)) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const scale = scaled(size, rounds);
  await toolsOnPath();
  const folder = await mkdtemp(join(tmpdir(), 'fts-bench-'));
  const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const figures: Measured[] = [];
  try {
    const remote = await startRemote(join(folder, 'b2'));
    ends.unshift(() => remote.close());
    const estate = await startBenchEstate(folder, declared(scale, remote));
    ends.unshift(() => estate.remove());
    const bench = { estate, scale, remote };
    for (const [name, part] of Object.entries(PARTS)) {
      if (!wanted.includes(name)) continue;
      say(name);
      figures.push(...(await part(bench)));
    }
    if (wanted.includes('memory')) figures.push(...(await measureMemory(estate, 'at the end')));
  } finally {
    for (const end of ends) await end();
  }
  const machine = { cores: availableParallelism(), memoryBytes: totalmem(), node: process.version };
  process.stdout.write(reportText(figures, machine));
  if (values.json !== undefined) {
    const measured = figures.map((figure) =>
      'skipped' in figure ? figure : { ...figure, median: median(figure.values), over: isOver(figure) },
    );
    await writeFile(
      values.json,
      `${JSON.stringify({ machine, scale: size, rounds, figures: measured }, null, 2)}\n`,
    );
  }
}

await main();
