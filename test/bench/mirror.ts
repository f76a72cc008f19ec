import { startB2StandIn, type B2StandIn } from '../../src/b2-stand-in/server.js';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import { isRunnable } from '../../src/domain/job.js';
import type { BenchEstate, Declared } from './estate.js';
import { type Measured, type Rounds, ratio } from './figure.js';
import type { Scale } from './scale.js';
import { command, interleaved, seconds } from './timing.js';
import { fileNames, writeTree } from './tree.js';

const BUCKET = 'fts-bench';
const KEY: ApplicationKey = {
  id: 'bench-id',
  key: 'bench-secret',
  capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'],
  bucket: BUCKET,
};

const jobName = (round: number): string => `mirror-${String(round)}`;

/** B2 as the tests know it, with one bucket. Both sides write to it, each to folders of its own. */
export const startRemote = (directory: string): Promise<B2StandIn> =>
  startB2StandIn({ directory, keys: [KEY], buckets: [BUCKET] });

/** Every round begins with an empty remote of its own. */
export function mirrorJobs({ rounds }: Scale, { endpoint }: B2StandIn): Omit<Declared, 'repositories'> {
  const names = Array.from({ length: rounds }, (_, round) => jobName(round));
  const secrets = { account: 'b2-id', key: 'b2-key' };
  return {
    remotes: Object.fromEntries(
      names.map((name) => [name, { type: 'b2', path: `${BUCKET}/${name}`, options: { endpoint }, secrets }]),
    ),
    jobs: Object.fromEntries(
      names.map((name) => [name, { kind: 'mirror', volume: 'archive', remote: name }]),
    ),
    secrets: { [secrets.account]: KEY.id, [secrets.key]: KEY.key },
  };
}

/** A mirror's first run and one that finds nothing to do, each against `rclone sync` of the same folder. */
export async function measureMirror(
  estate: BenchEstate,
  { mirrorFiles, mirrorBytes, rounds }: Scale,
  { endpoint }: B2StandIn,
): Promise<Measured[]> {
  if (!isRunnable('mirror')) return [{ name: 'mirror', skipped: 'this release runs no mirrors' }];
  await writeTree(estate.archive, { names: fileNames(mirrorFiles), bytes: mirrorBytes });
  const sync = (round: number) =>
    seconds(() =>
      command(
        [
          ...([
            'rclone',
            'sync',
            '--fast-list',
            '--links',
            '--exclude=/.fts*',
            '--exclude=/.fts*/**',
          ] as const),
          ...[estate.archive, `bare:${BUCKET}/bare-${String(round)}`],
        ],
        { env: bareRemote(endpoint) },
      ),
    );
  const figures: Measured[] = [];
  for (const { name, limit } of [
    { name: 'mirror first run', limit: 1.15 },
    { name: 'mirror no change', limit: 1.5 },
  ]) {
    const whole: Rounds = { ours: [], bare: [] };
    const workflow = await interleaved(rounds, {
      bare: async (round) => {
        const spent = await sync(round);
        whole.bare.push(spent);
        return spent;
      },
      ours: async (round) => {
        const run = await estate.run(jobName(round));
        whole.ours.push(run.command);
        return run.workflow;
      },
    });
    figures.push(
      ratio(`${name}: workflow`, workflow, { limit, note: 'start to end of the workflow ÷ rclone sync' }),
      ratio(`${name}: fts run`, whole, { note: 'the whole command ÷ the same' }),
    );
  }
  return figures;
}

const bareRemote = (endpoint: string): Record<string, string> => ({
  RCLONE_CONFIG: '/dev/null',
  RCLONE_CONFIG_BARE_TYPE: 'b2',
  RCLONE_CONFIG_BARE_ACCOUNT: KEY.id,
  RCLONE_CONFIG_BARE_KEY: KEY.key,
  RCLONE_CONFIG_BARE_ENDPOINT: endpoint,
});
