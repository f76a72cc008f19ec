import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../src/adapters/crash-point.js';
import { attempt, dies } from '../support/dying.js';
import { type ResticEstate, makeResticEstate } from '../support/restic-estate.js';

const STEPS = ['planMirror', 'uploadMirror', 'deleteMirrored', 'verifyMirror'] as const;
const silent = new DefaultLogger('ERROR', () => undefined);

let estate: ResticEstate;
let cloud: string;
beforeEach(async () => {
  estate = await makeResticEstate();
  cloud = join(estate.folder, 'cloud');
  await estate.change({
    remotes: { cloud: { type: 'local', path: cloud } },
    jobs: { mirror: { kind: 'mirror', volume: 'flux', remote: 'cloud' } },
  });
  for (const name of ['same', 'changes', 'goes']) await writeFile(join(estate.flux, name), `${name} 1`);
  await mirror('run-1');
  await writeFile(join(estate.flux, 'changes'), 'changes for the second time');
  await writeFile(join(estate.flux, 'comes'), 'comes');
  await rm(join(estate.flux, 'goes'));
});
afterEach(() => estate.remove());

/** One run, in this process. */
async function mirror(runId: string): Promise<void> {
  const info = { workflowExecution: { workflowId: 'testbed/mirror', runId } };
  const request = await estate.request('mirror');
  for (const step of STEPS) {
    const environment = new MockActivityEnvironment(info, { logger: silent });
    await environment.run(estate.activities[step], request);
  }
}

/** What a run's first step answers, in this process. */
async function planned(runId: string): Promise<unknown> {
  const info = { workflowExecution: { workflowId: 'testbed/mirror', runId } };
  const environment = new MockActivityEnvironment(info, { logger: silent });
  return environment.run(estate.activities.planMirror, await estate.request('mirror'));
}

const dying = async (run = 'run-2', steps: readonly (typeof STEPS)[number][] = STEPS): Promise<string> => {
  const request = await estate.request('mirror');
  return attempt(
    { file: estate.file, stateRoot: join(estate.folder, 'state'), run },
    ...steps.map((step) => [step, request] as const),
  );
};

async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.fts'));
  const texts = names.sort().map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

describe('a worker that is killed while it mirrors', () => {
  const POINTS: [CrashPoint, string, number?][] = [
    ['mirror-plan-removed', ''],
    ['rclone-starts', 'lsf'],
    ['rclone-ended', 'lsf'],
    ['listing-sorted', ''],
    ['listing-replaced', ''],
    ['state-drafted', 'plans/mirror/tree.json'],
    ['state-replaced', 'plans/mirror/tree.json'],
    ['state-drafted', 'plans/mirror/plan.json'],
    ['state-replaced', 'plans/mirror/plan.json'],
    ['state-drafted', 'plans/mirror/decision.json'],
    ['state-replaced', 'plans/mirror/decision.json'],
    ['rclone-starts', 'copy'],
    ['rclone-ended', 'copy'],
    ['rclone-ended', 'copy', 2],
    ['manifest-written', ''],
    ['manifest-replaced', ''],
    ['rclone-starts', 'copyto'],
    ['rclone-ended', 'copyto'],
    ['rclone-starts', 'delete'],
    ['rclone-ended', 'delete'],
    ['state-drafted', 'plans/mirror/deletion.json'],
    ['state-replaced', 'plans/mirror/deletion.json'],
  ];

  it.each(POINTS)(
    'at "%s" %s has lost nothing but what was to go, and is finished',
    async (at, of, number = 1) => {
      const wanted = await contents(estate.flux);
      await dies(await dying(), { at, of, number });
      const there = await contents(cloud);
      expect(there.same).toBe('same 1');
      expect(['changes 1', wanted.changes]).toContain(there.changes);
      expect([undefined, wanted.comes]).toContain(there.comes);
      const deletes = of === 'delete' ? at === 'rclone-ended' : of.endsWith('deletion.json');
      expect(there.goes).toBe(deletes ? undefined : 'goes 1');
      const manifest = join(cloud, '.fts');
      await mkdir(manifest, { recursive: true });
      for (const name of await readdir(manifest))
        expect((await readFile(join(manifest, name))).length).toBeGreaterThan(0);

      await mirror(number === 1 ? 'run-2' : 'run-3');
      expect(await contents(cloud)).toEqual(wanted);
    },
  );
});

describe('a worker that is killed while it finds nothing to do', () => {
  it.each<[CrashPoint, string]>([
    ['state-drafted', 'plans/mirror/plan.json'],
    ['state-replaced', 'plans/mirror/plan.json'],
  ])('at "%s" %s is at its end the next time, and what the plan is compared with stays', async (at, of) => {
    await mirror('run-2');
    const released = join(estate.folder, 'state', 'testbed', 'mirrors', 'mirror.json');
    const [wanted, before] = [await contents(cloud), await readFile(released, 'utf8')];
    await dies(await dying('run-3', ['planMirror']), { at, of, number: 1 });
    const found = await planned('run-3');
    expect(found).toMatchObject({ deletes: 0, plan: { transfers: 0, changes: 0 } });
    expect(found).toHaveProperty('verified.files');
    expect(await planned('run-3')).toEqual(found);
    expect(await contents(cloud)).toEqual(wanted);
    expect(await readFile(released, 'utf8')).toBe(before);
  });
});
