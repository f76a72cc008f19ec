import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type BenchEstate, type Declared, PASSWORD } from './estate.js';
import { type Figure, type Rounds, ratio } from './figure.js';
import type { Scale } from './scale.js';
import { command, seconds, turnsOf } from './timing.js';
import { fileNames, writeTree } from './tree.js';

const KINDS = ['snapshot', 'backup'] as const;
const KEEP = { last: 5 };
/** So many of the files are rewritten for the run that finds changes. */
const CHANGED_SHARE = 0.05;

const jobName = (kind: string, round: number): string => `${kind}-${String(round)}`;

/** Every round begins with a repository of its own. */
export function snapshotJobs({ rounds }: Scale): Pick<Declared, 'repositories' | 'jobs'> {
  const names = KINDS.flatMap((kind) => Array.from({ length: rounds }, (_, round) => ({ kind, round })));
  return {
    repositories: Object.fromEntries(
      names.map(({ kind, round }) => {
        const name = jobName(kind, round);
        return [name, { host: 'here', volume: 'space', path: `repositories/${name}`, password: 'password' }];
      }),
    ),
    jobs: Object.fromEntries(
      names.map(({ kind, round }) => {
        const name = jobName(kind, round);
        return [name, { kind, volume: 'flux', repository: name, keep: KEEP, exclude: ['active'] }];
      }),
    ),
  };
}

/** Snapshot and backup jobs, each against `restic backup` and `restic forget` of the same folder. */
export async function measureSnapshots(estate: BenchEstate, scale: Scale): Promise<Figure[]> {
  const names = fileNames(scale.files);
  const changed = names.filter((_, index) => index % Math.round(1 / CHANGED_SHARE) === 0);
  const bytes = scale.bytes;
  await writeTree(estate.flux, { names: names.map((name) => join('data', name)), bytes });
  const restic = resticFor(estate);
  const cases = ['first run', 'changed data', 'no change'] as const;
  const taken = new Map<string, { workflow: Rounds; command: Rounds }>();
  for (const [kindIndex, kind] of KINDS.entries()) {
    for (const name of cases) taken.set(`${kind} ${name}`, noRounds());
    for (let round = 0; round < scale.rounds; round += 1) {
      const job = jobName(kind, round);
      const bare = join(estate.folder, 'bare', job);
      const ours = join(estate.space, 'repositories', job);
      await restic(ours, 'init');
      await cp(ours, bare, { recursive: true }); // how long a key takes to derive is settled when it is made
      for (const name of cases) {
        if (name === 'changed data')
          await writeTree(join(estate.flux, 'data'), {
            names: changed,
            bytes: bytes * CHANGED_SHARE,
            edition: kindIndex * scale.rounds + round + 1,
          });
        const { workflow, command: whole } = taken.get(`${kind} ${name}`) ?? noRounds();
        const sides = {
          bare: async () => {
            const spent = await seconds(() => backupAndForget(restic, bare, estate.flux));
            workflow.bare.push(spent);
            whole.bare.push(spent);
          },
          ours: async () => {
            const run = await estate.run(job);
            workflow.ours.push(run.workflow);
            whole.ours.push(run.command);
          },
        };
        for (const side of turnsOf(round)) {
          await command(['sync', '--file-system', estate.folder]); // what was written before is no side's burden
          await sides[side]();
        }
      }
    }
  }
  return [...taken].flatMap(([name, { workflow, command: whole }]) => {
    const limit = name.endsWith('no change') ? 1.3 : 1.05;
    return [
      ratio(`${name}: workflow`, workflow, {
        limit,
        note: 'start to end of the workflow ÷ restic backup + forget',
      }),
      ratio(`${name}: fts run`, whole, { note: 'the whole command ÷ the same' }),
    ];
  });
}

const noRounds = (): { workflow: Rounds; command: Rounds } => ({
  workflow: { ours: [], bare: [] },
  command: { ours: [], bare: [] },
});

type Restic = (repository: string, ...args: string[]) => Promise<void>;

const resticFor =
  ({ folder }: BenchEstate): Restic =>
  (repository, ...args) =>
    command(['restic', '--quiet', '--repo', repository, ...args], {
      env: { RESTIC_PASSWORD: PASSWORD, RESTIC_CACHE_DIR: join(folder, 'bare-cache') },
    });

async function backupAndForget(restic: Restic, repository: string, root: string): Promise<void> {
  const exclude = ['active', '.fts', '.fts-volume'].map((name) => `--exclude=${join(root, name)}`);
  await restic(repository, 'backup', '--host', 'here', '--tag', 'bare', ...exclude, '--', root);
  const keep = `--keep-last=${String(KEEP.last)}`;
  await restic(repository, 'forget', '--host', 'here', '--tag', 'bare', '--group-by', 'host,tags', keep);
}
