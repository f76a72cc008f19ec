import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jobInput } from '../../schedules/job-start.js';
import { jobStart } from '../../src/domain/job-start.js';
import { loadEstate } from '../../src/estate/load.js';
import { BUCKET, type Remote } from '../faults/remote.js';
import type { Declared, World } from '../faults/world.js';

const FILES = 12;
const KEEP = 3;

/** Every job has something to do in each round, as long as a round takes more than this. */
const AGE = '0.5s';

/** A snapshot with forget, a mirror, a purge and a graduation, side by side; none of them touches what another one works on. */
export const declared = ({ endpoint }: Remote): Declared => {
  const exclude = ['active', 'scratch'];
  return {
    directories: { flux: ['active', 'scratch', 'data'], space: ['projects'] },
    sections: {
      repositories: { local: { host: 'here', volume: 'space', path: 'local', password: 'password' } },
      remotes: {
        b2: {
          ...{ type: 'b2', path: `${BUCKET}/mirror`, options: { endpoint } },
          secrets: { account: 'mirror-id', key: 'mirror-key' },
        },
      },
      jobs: {
        save: { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: KEEP }, exclude },
        copy: { kind: 'mirror', volume: 'flux', remote: 'b2', exclude },
        sweep: { kind: 'purge', path: 'flux/scratch', olderThan: AGE },
        graduate: {
          ...{ kind: 'graduation', from: 'flux/active', to: 'space/projects' },
          ...{ inactive: AGE, keepSource: AGE },
        },
      },
    },
  };
};

export const JOBS = ['save', 'copy', 'sweep', 'graduate'] as const;

/** What a day brings: a file that is new, one that changes, one that goes; something old, and a project that is cold in the next round. */
export function prepare({ flux }: World, round: number): void {
  const data = join(flux, 'data');
  for (let file = round === 0 ? 0 : FILES - 1; file < FILES; file += 1)
    writeFileSync(join(data, `file-${String(round + file)}`), `content ${String(round)} ${String(file)}`);
  writeFileSync(join(data, 'changes'), `round ${String(round)}`);
  if (round > 0) rmSync(join(data, `file-${String(round - 1)}`));
  writeFileSync(join(flux, 'scratch', `scrap-${String(round)}`), 'scrap');
  const project = join(flux, 'active', `project-${String(round)}`);
  mkdirSync(join(project, 'deep'), { recursive: true });
  writeFileSync(join(project, 'deep', 'notes'), `notes ${String(round)}`);
}

/** Runs every job once and waits for all of them. Fails unless each is complete. */
export async function runAll(world: World): Promise<void> {
  const { estate } = await loadEstate(join(world.folder, 'estate.yaml'));
  const client = await world.client();
  const outcomes = await Promise.all(
    JOBS.map(async (job) => {
      const input = jobInput(estate, job, { force: false });
      const options = { ...jobStart(input), args: [input] };
      const report = (await client.workflow.execute(input.kind, options)) as { outcome: string };
      return `${job}: ${report.outcome}`;
    }),
  );
  const others = outcomes.filter((text) => !text.endsWith(': complete'));
  if (others.length > 0) throw new Error(others.join(', '));
}

/** Makes room: projects that were archived some rounds ago are somebody else's business. */
export async function tidy({ space }: World, round: number): Promise<void> {
  for (const name of await readdir(join(space, 'projects')))
    if (Number(name.split('-')[1]) < round - ROUNDS_ARCHIVED)
      await rm(join(space, 'projects', name), { recursive: true });
}

/** A hidden source goes two rounds after its project; until then its project has to be there. */
const ROUNDS_ARCHIVED = 5;
