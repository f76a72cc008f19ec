import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { findTool } from '../../src/adapters/tools.js';
import { buildIdOf } from '../../workers/bundle.js';
import { answer } from '../cli/fts.js';
import { fakeTool } from '../support/fake-tool.js';
import { compiled } from '../support/fts.js';
import { whileStopped } from '../support/processes.js';
import { type RunningEstate, startEstate } from '../support/running-estate.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;

let estate: RunningEstate;
let client: Client;
let newer: string;
/** While `hold` is in it, restic waits before it restores, and writes its process id to `restoring`. */
let signs: string;

beforeAll(async () => {
  signs = await mkdtemp(join(tmpdir(), 'fts-signs-'));
  const { path } = await findTool('restic');
  const waits = `while [ -e ${signs}/hold ]; do echo $$ >>${signs}/restoring; sleep 0.1; done`;
  await fakeTool(signs, 'restic', `case " $* " in *" restore "*) ${waits};; esac\nexec ${path} "$@"`);
  vi.stubEnv('PATH', [signs, process.env.PATH].join(delimiter));
  newer = await mkdtemp(join(tmpdir(), 'fts-newer-'));
  await cp(compiled('.'), join(newer, 'dist'), { recursive: true });
  for (const shared of ['node_modules', 'package.json'])
    await symlink(join(compiled('.'), '..', shared), join(newer, shared));
  const bundle = join(newer, 'dist', 'workflow-bundle.js');
  const [is, becomes] = ["summary: 'restic backup'", "summary: 'restic backup, as a newer build says it'"];
  const code = await readFile(bundle, 'utf8');
  expect(code).toContain(is);
  await writeFile(bundle, code.replace(is, becomes));
  estate = await startEstate();
  client = await estate.server.client();
  await writeFile(join(estate.flux, 'small'), 'content');
  expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
}, PATIENCE_MS);
afterAll(async () => {
  vi.unstubAllEnvs();
  await estate.remove();
  for (const folder of [newer, signs]) await rm(folder, { recursive: true, force: true });
});

const buildOf = async (dist: string): Promise<string> =>
  buildIdOf(await readFile(join(dist, 'workflow-bundle.js')));

async function currentBuild(): Promise<string | undefined> {
  const { workerDeploymentInfo } = await client.connection.workflowService.describeWorkerDeployment({
    namespace: 'default',
    deploymentName: 'fts-testbed',
  });
  return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? undefined;
}

/** Builds whose control workers took the steps of the last run of a workflow, in their order. */
async function buildsOf(workflowId: string): Promise<(string | null | undefined)[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const builds = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: task }) =>
    task ? [task.deploymentVersion?.buildId] : [],
  );
  return builds.filter((build, index) => build !== builds[index - 1]);
}

async function replaceWorker(kind: 'control' | 'host', main?: string): Promise<void> {
  const former = estate.worker(kind);
  former.child.kill('SIGTERM');
  expect((await former.ended).exitCode).toBe(0);
  await estate.startWorker(kind, main === undefined ? {} : { main });
}

/** Begins a snapshot that takes long, does this in the middle of it, and waits for its end. */
async function inTheMiddle(happens: (restic: number) => Promise<void>): Promise<void> {
  await estate.fill();
  const runs = async () => (await client.workflow.count('WorkflowId = "testbed/slow"')).count;
  const before = await runs();
  const snapshotsBefore = await completeSnapshots();
  const following = estate.follow('run', 'slow', '--json');
  await happens(await estate.storing());
  expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
  await until(async () => (await runs()) === before + 1);
  expect(await completeSnapshots()).toBe(snapshotsBefore + 1);
}

async function completeSnapshots(): Promise<number> {
  const snapshots = JSON.parse(await estate.restic('snapshots', '--json')) as { tags: string[] }[];
  return snapshots.filter(({ tags }) => tags.join() === 'fts,job=slow').length;
}

const newMain = (): string => join(newer, 'dist', 'src', 'cli', 'main.js');

it(
  'both workers are replaced in the middle of a run, the host worker first, and it goes on under the newer build',
  async () => {
    const [older, build] = [await buildOf(compiled('.')), await buildOf(join(newer, 'dist'))];
    expect(build).not.toBe(older);
    expect(await currentBuild()).toBe(older);
    await inTheMiddle(async () => {
      await replaceWorker('host', newMain()); // a newer host worker works for the older control worker
      await whileStopped(await estate.storing(), () => replaceWorker('control', newMain()));
      expect(await currentBuild()).toBe(build);
    });
    expect(await buildsOf('testbed/slow')).toEqual([older, build]);
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
  },
  PATIENCE_MS,
);

it(
  'and back again, the control worker first: an older host worker works for the newer one meanwhile',
  async () => {
    await replaceWorker('host');
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    const [older, build] = [await buildOf(compiled('.')), await buildOf(join(newer, 'dist'))];
    await inTheMiddle(async (restic) => {
      await whileStopped(restic, () => replaceWorker('control'));
      expect(await currentBuild()).toBe(older);
    });
    expect(await buildsOf('testbed/slow')).toEqual([build, older]);
  },
  PATIENCE_MS,
);

it(
  'both workers are replaced in the middle of a restore, which brings back the file once, and leaves the one that is there',
  async () => {
    const [older, build] = [await buildOf(compiled('.')), await buildOf(join(newer, 'dist'))];
    expect(await currentBuild()).toBe(older);
    await writeFile(join(estate.flux, 'small'), 'other content');
    await writeFile(join(signs, 'hold'), '');
    const following = estate.follow('restore', 'flux/small', '--json');
    const first = await restoring();
    await replaceWorker('host', newMain());
    await until(async () => (await restoring()) !== first);
    await replaceWorker('control', newMain());
    expect(await currentBuild()).toBe(build);
    await rm(join(signs, 'hold'));

    const restored = answer(await following.ended);
    expect(restored).toMatchObject({ outcome: 'complete', restored: { files: 1 }, verified: { files: 1 } });
    expect(await buildsOf(String(restored.workflowId))).toEqual([older, build]);
    const names = (await readdir(estate.flux)).filter((name) => name.startsWith('small')).sort();
    expect(names).toEqual(['small', expect.stringMatching(/^small\.restored-/)]);
    const contents = await Promise.all(
      ['small', `${names[1] ?? ''}/small`].map((name) => readFile(join(estate.flux, name), 'utf8')),
    );
    expect(contents).toEqual(['other content', 'content']);
  },
  PATIENCE_MS,
);

/** The restic that was told last to restore. */
const restoring = (): Promise<string> =>
  until(
    async () => (await readFile(join(signs, 'restoring'), 'utf8')).trimEnd().split('\n').at(-1) || undefined,
  );
