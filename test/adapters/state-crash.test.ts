import { randomUUID } from 'node:crypto';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CrashPoint } from '../../src/adapters/crash-point.js';
import { removeExpired } from '../../src/adapters/expired-records.js';
import { type PlanToJudge, type Verdict, judgePlan, writeApproval } from '../../src/adapters/holds.js';
import { State } from '../../src/adapters/state.js';
import { dies, moduleAt } from '../support/dying.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const FILE = 'jobs/save.json';
const Thing = z.object({ size: z.number() });

let folder: string;
let state: State;
beforeEach(async () => {
  folder = await temporaryFolder();
  state = new State(folder, 'testbed');
});

/** A process with the same state; `text` is what it does with it. */
const other = (text: string): string => `
  import { State } from ${moduleAt('src/adapters/state.js')};
  import { judgePlan, rejectHold } from ${moduleAt('src/adapters/holds.js')};
  import { removeExpired } from ${moduleAt('src/adapters/expired-records.js')};
  const state = new State(${JSON.stringify(folder)}, 'testbed');
  ${text}`;

describe('a record whose writer is killed', () => {
  it.each([
    ['state-drafted', 1],
    ['state-replaced', 2],
  ] as const)('at "%s" is the old one or the new one, and can be written again', async (at, size) => {
    await state.write(FILE, { size: 1 });
    await dies(other(`await state.write('${FILE}', { size: 2 });`), { at, of: FILE });
    expect(await state.read(FILE, Thing)).toEqual({ size });
    await state.write(FILE, { size: 3 });
    expect(await state.read(FILE, Thing)).toEqual({ size: 3 });
  });

  it('is none until the first one is whole', async () => {
    await dies(other(`await state.write('${FILE}', { size: 1 });`), { at: 'state-drafted', of: FILE });
    expect(await state.read(FILE, Thing)).toBeUndefined();
  });

  it('is none once it was removed', async () => {
    await state.write(FILE, { size: 1 });
    await dies(other(`await state.remove('${FILE}');`), { at: 'state-removed', of: FILE });
    expect(await state.read(FILE, Thing)).toBeUndefined();
    await state.remove(FILE);
  });
});

describe('a job whose worker is killed while its plan is judged', () => {
  const NONCE = 'a-nonce-that-is-used-once';
  const asked = (runId: string): PlanToJudge => ({
    ...{ job: 'sweep', runId, biggest: [], exceeded: 'too much' },
    plan: { planHash: 'p', removal: { files: 1, bytes: 1 }, commonPath: Buffer.from('old') },
  });
  const judge = (runId: string): Promise<Verdict> =>
    judgePlan({ estate: 'testbed', state, operators: {} }, asked(runId));
  const dyingJudge = (): string =>
    other(`
    const plan = { planHash: 'p', removal: { files: 1, bytes: 1 }, commonPath: Buffer.from('old') };
    const asked = { job: 'sweep', runId: 'first', biggest: [], exceeded: 'too much', plan };
    await judgePlan({ estate: 'testbed', state, operators: {} }, {
      ...asked, release: () => state.write('plans/sweep.json', { size: 1 }),
    });`);
  const USED = `approvals/used/`;

  const approve = (): Promise<void> =>
    writeApproval(state, {
      ...{ estate: 'testbed', job: 'sweep', planHash: 'p', bounds: {}, nonce: NONCE },
      expires: new Date(Date.now() + 60_000).toISOString(),
    });

  /** The name under which a used approval is kept: found by using one. */
  async function usedFile(): Promise<string> {
    await approve();
    await judge('earlier');
    const [name = ''] = await readdir(state.path('approvals', 'used'));
    return USED + name;
  }

  const BEFORE: [CrashPoint, string][] = [['state-drafted', 'used']];
  const AFTER: [CrashPoint, string][] = [
    ['state-replaced', 'used'],
    ['state-drafted', 'plans/sweep.json'],
    ['state-replaced', 'plans/sweep.json'],
    ['state-removed', 'holds/sweep.json'],
  ];

  it.each([...BEFORE, ...AFTER])('at "%s" of %s lets that run go on, and no other', async (at, what) => {
    expect(await judge('earlier')).toMatchObject({ released: false });
    const of = what === 'used' ? await usedFile() : what;
    if (what === 'used') await state.remove(of);
    await approve();
    await dies(dyingJudge(), { at, of });
    const burnt = AFTER.some(([point, name]) => point === at && name === what);
    if (burnt) expect(await judge('first')).toEqual({ released: true });
    else expect(await judge('second')).toEqual({ released: true });
    await approve();
    expect(await judge('third')).toMatchObject({ released: false });
  });

  it('after all of it has spent the approval: another run is held', async () => {
    await approve();
    await dies(dyingJudge(), { at: 'state-removed', of: 'approvals/sweep.json' });
    expect(await judge('second')).toMatchObject({ released: false });
  });

  it('while the hold is written is held by the next run', async () => {
    await dies(dyingJudge(), { at: 'state-drafted', of: 'holds/sweep.json' });
    expect(await judge('second')).toMatchObject({ released: false, isNews: true });
  });

  it('while it is rejected leaves a hold that nothing approves', async () => {
    await judge('first');
    await approve();
    const reject = other(`
      const hold = JSON.parse((await import('node:fs')).readFileSync(state.path('holds/sweep.json'), 'utf8'));
      await rejectHold(state, hold);`);
    await dies(reject, { at: 'state-drafted', of: 'holds/sweep.json' });
    expect(await judge('second')).toMatchObject({ released: false, isNews: false });
  });
});

describe('a worker that is killed while it removes expired records', () => {
  const put = async (name: string): Promise<void> => {
    await mkdir(dirname(state.path(name)), { recursive: true });
    await writeFile(state.path(name), '{"expires":"2020-01-01T00:00:00.000Z"}');
    const long = new Date('2020-01-01');
    await utimes(state.path(name), long, long);
  };

  it('among drafts removes the rest the next time', async () => {
    const names = [1, 2].map(() => `jobs/save.json.${randomUUID()}.tmp`);
    for (const name of names) await put(name);
    const program = other('await removeExpired(state, { now: Date.now(), jobs: new Set() });');
    await dies(program, { at: 'record-expired', of: 'drafts' });
    expect(await readdir(state.path('jobs'))).toHaveLength(1);
    await removeExpired(state, { now: Date.now(), jobs: new Set() });
    expect(await readdir(state.path('jobs'))).toEqual([]);
  });

  it.each(['reports', 'plans', 'approvals/used'])(
    'among the %s removes the rest the next time',
    async (of) => {
      for (const name of ['reports/a-1.jsonl', 'reports/a-2.jsonl', 'plans/gone.json', 'plans/gone.jsonl'])
        await put(name);
      for (const name of ['approvals/used/1.json', 'approvals/used/2.json']) await put(name);
      await state.write(FILE, { size: 1 });
      const program = other('await removeExpired(state, { now: Date.now(), jobs: new Set() });');
      await dies(program, { at: 'record-expired', of });
      expect(await readdir(state.path(of))).toHaveLength(1);
      await removeExpired(state, { now: Date.now(), jobs: new Set() });
      for (const name of ['reports', 'plans', 'approvals/used']) {
        expect(await readdir(join(folder, 'testbed', name))).toEqual([]);
      }
      expect(await state.read(FILE, Thing)).toEqual({ size: 1 });
    },
  );
});
