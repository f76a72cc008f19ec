import { randomUUID } from 'node:crypto';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type PlanToJudge, type Verdict, judgePlan, writeApproval } from '../../src/adapters/holds.js';
import { removeExpired } from '../../src/adapters/expired-records.js';
import { State } from '../../src/adapters/state.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DAY_MS = 24 * 3_600_000;
const NOTHING = { reports: 0, restores: 0, plans: 0, approvals: 0, drafts: 0 };

let state: State;
beforeEach(async () => {
  state = new State(await temporaryFolder(), 'testbed');
});

const jobs = new Set(['sweep']);
const removeAfter = (days: number) => removeExpired(state, { now: Date.now() + days * DAY_MS, jobs });

async function put(name: string, daysOld: number): Promise<void> {
  const file = state.path(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, 'x');
  const time = new Date(Date.now() - daysOld * DAY_MS);
  await utimes(file, time, time);
}

it('has nothing to do where there is nothing', async () => {
  expect(await removeAfter(0)).toEqual(NOTHING);
});

it('removes reports once they are 90 days old', async () => {
  await put('reports/sweep-1.jsonl', 91);
  await put('reports/sweep-2.jsonl', 89);
  expect(await removeAfter(0)).toEqual({ ...NOTHING, reports: 1 });
  expect(await readdir(state.path('reports'))).toEqual(['sweep-2.jsonl']);
});

it('forgets a restore of which nothing was heard for 90 days', async () => {
  await put('restores/1a2b3c4d.json', 91);
  await put('restores/1a2b3c4d.lock', 91);
  await put('restores/5e6f7a8b.json', 89);
  expect(await removeAfter(0)).toEqual({ ...NOTHING, restores: 2 });
});

it('removes old plans of jobs that are gone, and of no other', async () => {
  for (const job of ['sweep', 'gone']) {
    await put(`plans/${job}.json`, 91);
    await put(`plans/${job}.jsonl`, 91);
    await put(`plans/${job}/plan.json`, 91);
    const time = new Date(Date.now() - 91 * DAY_MS);
    await utimes(state.path('plans', job), time, time);
  }
  await put('plans/lately.json', 1);
  expect(await removeAfter(0)).toEqual({ ...NOTHING, plans: 3 });
  expect((await readdir(state.path('plans'))).sort()).toEqual([
    'lately.json',
    'sweep',
    'sweep.json',
    'sweep.jsonl',
  ]);
});

it('forgets a used approval long after it expired, and never one that could be used again', async () => {
  const expires = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
  const approve = (nonce: string, days: number) =>
    writeApproval(state, {
      ...{ estate: 'testbed', job: 'sweep', planHash: 'p', bounds: {} },
      ...{ nonce, expires: expires(days) },
    });
  const judge = (): Promise<Verdict> => {
    const plan: PlanToJudge['plan'] = {
      ...{ planHash: 'p', removal: { files: 1, bytes: 1 }, commonPath: Buffer.from('old') },
    };
    const asked = { job: 'sweep', runId: randomUUID(), plan, biggest: [], exceeded: 'too much' };
    return judgePlan({ estate: 'testbed', state, operators: {} }, asked);
  };
  await approve('a-nonce-of-one-day', 1);
  expect(await judge()).toEqual({ released: true });
  await approve('a-nonce-of-a-year', 365);
  expect(await judge()).toEqual({ released: true });

  expect(await removeAfter(90)).toEqual(NOTHING);
  expect(await removeAfter(92)).toEqual({ ...NOTHING, approvals: 1 });
  await approve('a-nonce-of-a-year', 365);
  expect(await judge()).toMatchObject({ released: false });
  expect(await removeAfter(456)).toEqual({ ...NOTHING, approvals: 1 });
});

it('removes what a killed writer left of a record, wherever it is, and nothing that may be in use', async () => {
  const draft = (record: string): string => `${record}.${randomUUID()}.tmp`;
  const HOUR = 1 / 24;
  const left = ['kit.json', 'jobs/sweep.json', 'approvals/used/0.json', 'plans/sweep/plan.json'].map(draft);
  for (const name of left) await put(name, 1.1 * HOUR);
  const kept = [draft('jobs/sweep.json'), 'jobs/sweep.json', 'jobs/sweep.json.tmp', 'plans/sweep/names.tmp'];
  await put(kept[0] ?? '', 0.9 * HOUR);
  for (const name of kept.slice(1)) await put(name, 80);
  expect(await removeAfter(0)).toEqual({ ...NOTHING, drafts: left.length });
  const there = await readdir(state.path(), { recursive: true, withFileTypes: true });
  expect(there.filter((entry) => entry.isFile())).toHaveLength(kept.length);
});

it('keeps the mark of a used approval that does not say when it expired', async () => {
  await state.write('approvals/used/0.json', { job: 'sweep', runId: 'r', by: 'the host', at: '2020-01-01' });
  expect(await removeAfter(10_000)).toEqual(NOTHING);
  expect(await readdir(join(state.path('approvals'), 'used'))).toEqual(['0.json']);
});
