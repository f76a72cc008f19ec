import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { BenchEstate } from './estate.js';
import { type Measured, type Rounds, ratio } from './figure.js';
import type { Scale } from './scale.js';
import { command, seconds } from './timing.js';
import { fileNames, writeTree } from './tree.js';

/** So many at once go without a person's approval. */
const PROJECTS = 4;
const INACTIVE_SECONDS = 2;

/** `keepSource` is over at the next run, which then deletes what this one hid: every run after the first does all there is to do. */
export const graduationJob = {
  kind: 'graduation',
  from: 'flux/active',
  to: 'space/projects',
  inactive: `${String(INACTIVE_SECONDS)}s`,
  keepSource: '1s',
};

/** Graduation against what people do by hand: copy with rsync, compare with rsync, remove, sync. */
export async function measureGraduation(
  estate: BenchEstate,
  { projectFiles, projectBytes, rounds }: Scale,
): Promise<Measured[]> {
  if ((await execa('rsync', ['--version'], { reject: false })).exitCode !== 0)
    return [{ name: 'graduation', skipped: 'rsync is not installed, which it is compared with' }];
  const template = join(estate.folder, 'projects');
  for (let project = 0; project < PROJECTS; project += 1)
    await writeTree(join(template, `project-${String(project)}`), {
      names: fileNames(Math.ceil(projectFiles / PROJECTS)),
      bytes: Math.ceil(projectBytes / PROJECTS),
      edition: project,
    });
  const [workflow, whole]: [Rounds, Rounds] = [
    { ours: [], bare: [] },
    { ours: [], bare: [] },
  ];
  const [active, projects] = [join(estate.flux, 'active'), join(estate.space, 'projects')];
  for (let round = -1; round < rounds; round += 1) {
    const isWarmUp = round < 0; // it has no hidden sources to delete
    const ours = async (): Promise<void> => {
      await copyAll(template, active, `round-${String(round)}-`);
      await sleep((INACTIVE_SECONDS + 1) * 1000);
      const run = await estate.run('graduation');
      expectAll(run.result, isWarmUp ? 0 : PROJECTS);
      for (const name of await readdir(projects))
        // a hidden source is deleted only while its project is where it was published
        if (!name.startsWith(`round-${String(round)}-`)) await rm(join(projects, name), { recursive: true });
      if (isWarmUp) return;
      workflow.ours.push(run.workflow);
      whole.ours.push(run.command);
    };
    const bare = async (): Promise<void> => {
      const [source, target] = [join(estate.folder, 'bare-active'), join(estate.folder, 'bare-projects')];
      await rm(target, { recursive: true, force: true });
      await mkdir(source, { recursive: true });
      await mkdir(target);
      await copyAll(template, source, '');
      const spent = await seconds(() => byHand(source, target));
      workflow.bare.push(spent);
      whole.bare.push(spent);
    };
    if (isWarmUp) await ours();
    else for (const side of round % 2 === 0 ? [bare, ours] : [ours, bare]) await side();
  }
  return [
    ratio('graduation: workflow', workflow, {
      limit: 0.7,
      note: 'start to end of the workflow ÷ rsync -aHAX, rsync -aHAXc --dry-run, rm -rf, sync -f',
    }),
    ratio('graduation: fts run', whole, { note: 'the whole command ÷ the same' }),
  ];
}

async function copyAll(from: string, to: string, prefix: string): Promise<void> {
  for (const project of await readdir(from))
    await command(['cp', '-a', join(from, project), join(to, `${prefix}${project}`)]);
  await command(['sync', '-f', to]);
}

async function byHand(source: string, target: string): Promise<void> {
  for (const project of await readdir(source)) {
    const [from, to] = [`${join(source, project)}/`, `${join(target, project)}/`];
    await command(['rsync', '-aHAX', from, to]);
    await command(['rsync', '-aHAXc', '--dry-run', '--itemize-changes', from, to]);
    await command(['rm', '-rf', from]);
    await command(['sync', '-f', to]);
  }
}

function expectAll(result: Record<string, unknown>, swept: number): void {
  const { moved } = result.counts as { moved: number };
  const { removed } = result.sources as { removed: number };
  if (moved !== PROJECTS || removed !== swept)
    throw new Error(
      `${String(PROJECTS)} were to be moved, ${String(swept)} deleted: ${JSON.stringify(result)}`,
    );
}
