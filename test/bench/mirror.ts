import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startB2StandIn, type B2StandIn } from '../../src/b2-stand-in/server.js';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import type { BenchEstate, Declared } from './estate.js';
import { type Measured, type Rounds, ratio } from './figure.js';
import { fillRemote } from './mirror-fill.js';
import type { Scale } from './scale.js';
import { command, interleaved, seconds } from './timing.js';
import { contentOf, fileNames, writeTree } from './tree.js';

const BUCKET = 'fts-bench';
const KEY: ApplicationKey = {
  id: 'bench-id',
  key: 'bench-secret',
  capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'],
  bucket: BUCKET,
};

/** A mirror that finds nothing to do; its remote is the bare side's too. */
const STILL = 'mirror-still';

/** No change is measured so often at least: one round takes a moment. */
const STILL_ROUNDS = 5;

const firstJob = (round: number): string => `mirror-${String(round)}`;

/** B2 as the tests know it, with one bucket. Both sides write to it, each to folders of its own. */
export const startRemote = (directory: string): Promise<B2StandIn> =>
  startB2StandIn({ directory, keys: [KEY], buckets: [BUCKET] });

/** Every first run begins with an empty remote of its own. */
export function mirrorJobs({ rounds }: Scale, { endpoint }: B2StandIn): Omit<Declared, 'repositories'> {
  const first = Array.from({ length: rounds }, (_, round) => firstJob(round));
  const secrets = { account: 'b2-id', key: 'b2-key' };
  const jobs = [...first.map((name) => [name, 'archive']), [STILL, 'library']] as [string, string][];
  return {
    remotes: Object.fromEntries(
      jobs.map(([name]) => [name, { type: 'b2', path: `${BUCKET}/${name}`, options: { endpoint }, secrets }]),
    ),
    jobs: Object.fromEntries(jobs.map(([name, volume]) => [name, { kind: 'mirror', volume, remote: name }])),
    secrets: { [secrets.account]: KEY.id, [secrets.key]: KEY.key },
  };
}

/**
 * A mirror's first run, and one that finds nothing to do, each against `rclone sync` of the same folder with the options of
 * a careful person.
 */
export async function measureMirror(
  estate: BenchEstate,
  scale: Scale,
  { endpoint }: B2StandIn,
): Promise<Measured[]> {
  const sync = (source: string, folder: string) =>
    seconds(() =>
      command(
        [
          ...(['rclone', 'sync', '.', `bare:${BUCKET}/${folder}`, '--links', '--fast-list'] as const),
          ...['--exclude=/.fts*', '--exclude=/.fts*/**'],
        ],
        { env: bareRemote(endpoint), directory: source },
      ),
    );

  await writeMixed(estate.archive, scale);
  const first = await sides(estate, scale.rounds, firstJob, (round) =>
    sync(estate.archive, `bare-${String(round)}`),
  );

  const names = fileNames(scale.files);
  await writeTree(estate.library, { names, bytes: scale.bytes });
  await fillRemote({ endpoint, key: KEY, bucket: BUCKET, folder: STILL, root: estate.library, names });
  await estate.run(STILL); // which brings the manifest of the metadata there
  const still = await sides(
    estate,
    Math.max(STILL_ROUNDS, scale.rounds),
    () => STILL,
    () => sync(estate.library, STILL),
  );
  return [
    ...figures(`mirror first run of ${String(scale.mirrorFiles)} files`, first, 1.15),
    ...figures(`mirror no change in ${String(scale.files)} files`, still, 1.5),
  ];
}

interface Sides {
  workflow: Rounds;
  command: Rounds;
}

async function sides(
  estate: BenchEstate,
  rounds: number,
  job: (round: number) => string,
  bare: (round: number) => Promise<number>,
): Promise<Sides> {
  const ours: number[] = [];
  const workflow = await interleaved(rounds, {
    bare,
    ours: async (round) => {
      const run = await estate.run(job(round));
      ours.push(run.command);
      return run.workflow;
    },
  });
  return { workflow, command: { ours, bare: workflow.bare } };
}

const figures = (name: string, { workflow, command: whole }: Sides, limit: number): Measured[] => [
  ratio(`${name}: workflow`, workflow, { limit, note: 'start to end of the workflow ÷ rclone sync' }),
  ratio(`${name}: fts run`, whole, { note: 'the whole command ÷ the same' }),
];

/** Of what a first run brings there, this share of the bytes is in a few files that are large. */
const LARGE_SHARE = 0.4;
const LARGE_BYTES = 32 * 1024 ** 2;

async function writeMixed(
  root: string,
  { mirrorFiles, mirrorBytes }: Pick<Scale, 'mirrorFiles' | 'mirrorBytes'>,
): Promise<void> {
  const large = Math.ceil((mirrorBytes * LARGE_SHARE) / LARGE_BYTES);
  const names = fileNames(mirrorFiles - large);
  await writeTree(root, { names, bytes: mirrorBytes * (1 - LARGE_SHARE) });
  for (let index = 0; index < large; index += 1) {
    const name = `film-${String(index)}`;
    await writeFile(join(root, name), contentOf(name, LARGE_BYTES));
  }
}

const bareRemote = (endpoint: string): Record<string, string> => ({
  RCLONE_CONFIG: '/dev/null',
  RCLONE_CONFIG_BARE_TYPE: 'b2',
  RCLONE_CONFIG_BARE_ACCOUNT: KEY.id,
  RCLONE_CONFIG_BARE_KEY: KEY.key,
  RCLONE_CONFIG_BARE_ENDPOINT: endpoint,
});
