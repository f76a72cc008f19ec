import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { type HeldTool, heldTool } from '../support/held-tool.js';
import { type RunningEstate, isRunning, startEstate } from '../support/running-estate.js';
import { treeOf } from '../support/tree.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;
/** So many files, of which a copy that is stopped in its middle has one. */
const MANY = 60;

let estate: RunningEstate;
let active: string;
let archive: string;
/** The cp that copies a project: stopped, it has begun with the copy. */
let cp: HeldTool;

beforeAll(async () => {
  const first = 'for copy; do :; done; mkdir "$copy"; cp -p /proc/self/fd/3/file-0 "$copy"';
  cp = await heldTool('cp', { when: '*" -dR "*/staging/*', first });
  estate = await startEstate();
  await declare('1s');
  [active, archive] = [join(estate.flux, 'active'), join(estate.folder, 'space', 'projects')];
  for (const folder of [active, archive, join(estate.folder, 'space', 'attic')]) await mkdir(folder);
});
afterEach(async () => {
  await cp.letGo();
  const { exitCode, signalCode } = estate.worker('host').child;
  if (exitCode !== null || signalCode !== null) await estate.startWorker('host');
});
afterAll(async () => {
  await estate.remove();
  await cp.remove();
});

/** Declares the two graduations, with what they take for cold. */
async function declare(inactive: string): Promise<void> {
  const file = join(estate.folder, 'estate.yaml');
  const declared = parse(await readFile(file, 'utf8')) as { jobs: object };
  const graduation = (to: string) => ({ kind: 'graduation', from: 'flux/active', to, inactive });
  const jobs = { ...declared.jobs, archive: graduation('space/projects'), attic: graduation('space/attic') };
  await writeFile(file, stringify({ ...declared, jobs }));
}

/** Puts a project into an archive, as if it had graduated long ago. */
async function archived(name: string, files = 2, into = archive): Promise<Record<string, string>> {
  const draft = join(estate.folder, 'draft');
  await mkdir(draft);
  for (let i = 0; i < files; i += 1)
    await writeFile(join(draft, `file-${String(i)}`), `${name} ${String(i)}`);
  const tree = await treeOf(draft);
  await rename(draft, join(into, name));
  return tree;
}

const recall = async (...args: string[]): Promise<Record<string, unknown>> => {
  const exit = await estate.fts('recall', '--json', ...args);
  return { ...answer(exit), exitCode: exit.exitCode };
};

const staging = (): string => join(estate.flux, '.fts', 'staging');

describe('a recall', () => {
  it(
    'brings a graduated project back, which stays until it is cold again',
    async () => {
      await archived('seed');
      await rename(join(archive, 'seed'), join(active, 'cold'));
      const before = await treeOf(join(active, 'cold'));
      await until(async () => {
        await estate.run('archive');
        return (await readdir(archive)).includes('cold');
      });
      expect(await recall('cold', '--plan')).toEqual({
        ...{ exitCode: 0, job: 'archive', found: 'archived', project: 'cold', files: 2, bytes: 12 },
        ...{ from: 'space/projects/cold', to: 'flux/active/cold', conflicts: [] },
      });
      expect(await readdir(active)).toEqual([]);
      const ended = await recall('cold');
      expect(ended).toMatchObject({
        ...{ exitCode: 0, project: 'cold', job: 'archive', outcome: 'complete' },
        workflowId: 'testbed/archive/recall/cold',
        runId: expect.any(String) as string,
        result: { files: 2, bytes: 12, from: 'space/projects/cold', to: 'flux/active/cold' },
      });
      expect(await treeOf(join(active, 'cold'))).toEqual(before);
      const { keptAt } = ended.result as { keptAt: string };
      expect(await treeOf(join(estate.folder, keptAt))).toEqual(before);
      await declare('30d');
      expect(await estate.run('archive')).toMatchObject({
        result: {
          counts: { moved: 0 },
          kept: [{ project: 'cold', reason: expect.stringMatching(/^hot/) as string }],
        },
      });
      expect(await recall('cold')).toMatchObject({ exitCode: 0, result: { files: 0, bytes: 0 } });
      await declare('1s');
      await until(async () => {
        await estate.run('archive');
        return (await readdir(archive)).includes('cold');
      });
      expect(await readdir(active)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it('tells people what it did, and is found by its id', async () => {
    await archived('told');
    const { stdout, stderr, exitCode } = await estate.fts('recall', 'told');
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(
      /^told complete in .*\n {2}2 files, 12 B from space\/projects\/told to flux\/active\/told\n/,
    );
    expect(stdout).toMatch(/stays at space\/\.fts\/graduated\/\d{4}-\d\d-\d\d\/told/);
    const watched = await estate.fts('watch', 'testbed/archive/recall/told', '--json');
    expect(answer(watched)).toMatchObject({
      project: 'told',
      job: 'archive',
      kind: 'recall',
      outcome: 'complete',
    });
    const plan = await estate.fts('recall', 'told', '--plan');
    expect(plan).toMatchObject({ exitCode: 0, stdout: 'flux/active/told is back already\n' });
  });

  it('goes on without whoever started it', async () => {
    const before = await archived('detached');
    const view = await recall('detached', '--detach');
    expect(view).toMatchObject({ exitCode: 0, project: 'detached', outcome: null });
    const watched = answer(await estate.fts('watch', String(view.workflowId), '--json'));
    expect(watched).toMatchObject({ runId: view.runId, outcome: 'complete' });
    expect(await treeOf(join(active, 'detached'))).toEqual(before);
  });

  it('of a hostile name has a plain id', async () => {
    const before = await archived('-$(x)\n"\u00fc');
    const view = await recall('--', '-$(x)\\x0a"\u00fc');
    expect(view).toMatchObject({
      ...{ exitCode: 0, outcome: 'complete' },
      workflowId: expect.stringMatching(/^testbed\/archive\/recall\/[\w.-]*~[\da-f]{16}$/) as string,
    });
    expect(await treeOf(join(active, '-$(x)\n"\u00fc'))).toEqual(before);
  });
});

describe('a recall whose worker is killed in the middle of the copy', () => {
  it(
    'leaves the project whole in the archive, and the next worker brings it back',
    async () => {
      const before = await archived('many', MANY);
      await cp.holdNext();
      const following = estate.follow('recall', 'many', '--json');
      const pid = await cp.held();
      const inside = await readdir(staging(), { recursive: true });
      expect(inside.filter((path) => path.includes('/file-'))).toEqual([expect.stringMatching(/\/file-0$/)]);
      process.kill(await estate.workerPid('host-here'), 'SIGKILL');
      await estate.worker('host').ended;
      process.kill(pid, 'SIGCONT');
      await until(async () => !(await isRunning(pid)));
      expect(await readdir(active)).not.toContain('many');
      expect(await treeOf(join(archive, 'many'))).toEqual(before);
      expect(await readdir(staging())).toHaveLength(1);

      await estate.startWorker('host');
      expect(answer(await following.ended)).toMatchObject({ outcome: 'complete', result: { files: MANY } });
      expect(await treeOf(join(active, 'many'))).toEqual(before);
      expect(await readdir(staging())).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'and that is interrupted with Ctrl-C goes on',
    async () => {
      const before = await archived('left', MANY);
      await cp.holdNext();
      const following = estate.follow('recall', 'left');
      const pid = await cp.held();
      following.child.kill('SIGINT');
      const { exitCode, stderr } = await following.ended;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('fts watch testbed/archive/recall/left');
      process.kill(pid, 'SIGCONT');
      expect((await estate.fts('watch', 'testbed/archive/recall/left')).exitCode).toBe(0);
      expect(await treeOf(join(active, 'left'))).toEqual(before);
    },
    PATIENCE_MS,
  );
});

describe('a recall ends', () => {
  it('with 2 and the nearest names when no archive has the project', async () => {
    await archived('thesis');
    await archived('thesis-2031-02-03', 2, join(estate.folder, 'space', 'attic'));
    const unknown = await recall('tesis');
    expect(unknown).toMatchObject({ exitCode: 2, error: { type: 'Usage', hint: 'did you mean thesis?' } });
    const hint = 'did you mean thesis or thesis-2031-02-03?';
    expect(await recall('THESIS')).toMatchObject({ exitCode: 2, error: { hint } });
  });

  it('with 2 when several archives have it, and with --job takes the one that is meant', async () => {
    await archived('twin');
    const wanted = await archived('twin', 3, join(estate.folder, 'space', 'attic'));
    const ambiguous = await recall('twin');
    expect(ambiguous).toMatchObject({
      exitCode: 2,
      error: { hint: expect.stringContaining('--job attic') as string },
    });
    expect(await recall('twin', '--job', 'attic')).toMatchObject({
      outcome: 'complete',
      result: { files: 3 },
    });
    expect(await treeOf(join(active, 'twin'))).toEqual(wanted);
  });

  it.each([
    ['flux-archive', 'no job'],
    ['save', 'not a graduation'],
  ])('with 2 for --job %s', async (job, message) => {
    expect(await recall('twin', '--job', job)).toMatchObject({
      exitCode: 2,
      error: { message: expect.stringContaining(message) as string },
    });
  });

  it('with 1 when something of its name is there, which stays as it is', async () => {
    await archived('taken');
    await mkdir(join(active, 'Taken'));
    const plan = await recall('taken', '--plan');
    expect(plan).toMatchObject({ exitCode: 1, conflicts: [expect.stringContaining('Taken exists')] });
    const refused = await recall('taken');
    expect(refused).toMatchObject({
      ...{ exitCode: 1, outcome: 'failed', result: null },
      error: { type: 'DestinationExists' },
    });
    expect(await readdir(join(active, 'Taken'))).toEqual([]);
    expect(await readdir(join(archive, 'taken'))).toHaveLength(2);
  });
});
