import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { PlannedChanges } from '../../activities/mirror.js';
import { writeApproval } from '../../src/adapters/holds.js';
import type { JobRequest } from '../../src/domain/job.js';
import { CONTENT_DAMAGES, type DamageName, RECORD_DAMAGES, whileDamaged } from '../support/damage.js';
import { makeGraduationEstate } from '../support/graduation-estate.js';
import { mockActivity } from '../support/mock-activity.js';
import { type ResticEstate, makeResticEstate, save, snapshotJob } from '../support/restic-estate.js';
import { treeOf } from '../support/tree.js';

const HOUR_MS = 3_600_000;
const NONE = { list: 1, line: 0, files: 0, bytes: 0, returned: 0 };
const Anything = z.looseObject({});
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let estate: ResticEstate;
let cloud: string;
beforeAll(async () => {
  estate = await makeResticEstate();
  cloud = join(estate.folder, 'cloud');
  await declare('flux');
  await mkdir(join(estate.flux, 'scratch'));
  for (const name of ['a', 'b', 'c']) await writeFile(join(estate.flux, name), name);
});
afterAll(() => estate.remove());
afterEach(async () => {
  for (const name of ['a', 'b', 'c']) await writeFile(join(estate.flux, name), name);
});

const declare = (mirrored: string): Promise<void> =>
  estate.change({
    remotes: { cloud: { type: 'local', path: cloud } },
    jobs: {
      save: snapshotJob(),
      copy: { kind: 'mirror', volume: mirrored, remote: 'cloud', limits: { deletes: 1 } },
      purge: { kind: 'purge', path: 'flux/scratch', olderThan: '0.05s' },
    },
  });

const ended = async (job: string, outcome: 'complete' | 'failed'): Promise<void> =>
  estate.run(estate.activities.recordRun, {
    ...{ job, startedAt: new Date().toISOString(), outcome, result: null },
  });

/** Runs an activity in a run of that id. */
const inRun = <R>(
  runId: string,
  activity: (request: JobRequest) => Promise<R>,
  request: JobRequest,
): Promise<R> =>
  mockActivity({ workflowExecution: { workflowId: 'testbed/test', runId } }).run(activity, request);

/** All that a person could miss: both volumes and the remote. */
const everything = async () => {
  const skip = (name: string): boolean => name.startsWith('.fts');
  const there = await lstat(cloud).catch(() => undefined);
  return Promise.all(
    [estate.flux, estate.space, ...(there ? [cloud] : [])].map((folder) => treeOf(folder, skip)),
  );
};

/** Refused, naming the file and what to do, while file, volumes and remote stay as they were. */
async function expectRefusal(
  record: string,
  damage: DamageName,
  work: () => Promise<unknown>,
  hint: string,
): Promise<void> {
  const file = estate.state.path(record);
  const before = await everything();
  await whileDamaged(file, damage, async () => {
    const { ino, size } = await lstat(file);
    await expect(work()).rejects.toMatchObject({
      type: 'StateCorrupt',
      nonRetryable: true,
      message: expect.stringContaining(estate.state.path(record.split('/')[0] ?? '')) as string,
      details: [{ hint: expect.stringContaining(hint) as string }],
    });
    expect(await lstat(file)).toMatchObject({ ino, size });
  });
  expect(await everything()).toEqual(before);
}

describe('of a snapshot', () => {
  let newest: string;
  beforeAll(async () => {
    newest = await save(estate);
    await forget();
    await estate.state.write('journal/save.json', { startedAt: new Date().toISOString() });
  });
  const forget = async () =>
    estate.run(estate.activities.forgetSnapshots, { ...(await estate.request()), snapshotId: newest });
  const take = async () => estate.run(estate.activities.takeSnapshot, await estate.request());
  const fail = () => ended('save', 'failed');
  const planPurge = async () => estate.run(estate.activities.planPurge, await estate.request('purge'));

  describe.each(RECORD_DAMAGES)('a record that is %s', (damage) => {
    it.each([
      ['volumes/flux.json', 'run `fts provision flux`', take],
      ['volumes/space.json', 'run `fts provision space`', forget],
      ['repositories/local.json', 'see that the repository is there', take],
      ['journal/save.json', 'the newest snapshot of the job may be incomplete', take],
      ['retention/save.json', 'see that `keep` of the job is what you mean', forget],
      ['jobs/save.json', 'loses when the job last ended well', fail],
      ['jobs/save.json', 'loses when the job last ended well', planPurge],
    ])('(%s) is refused', async (record, hint, work) => {
      if (record.startsWith('jobs')) await ended('save', 'complete');
      await expectRefusal(record, damage, work, hint);
    });
  });

  it.each(RECORD_DAMAGES)(
    'a prune record that is %s is made anew once the repository was checked',
    async (damage) => {
      const record = 'repositories/local.prune.json';
      await estate.state.write(record, { endedAt: new Date().toISOString() });
      await whileDamaged(estate.state.path(record), damage, async () => {
        const [pack = ''] = (
          await readdir(join(estate.repository, 'data'), { recursive: true, withFileTypes: true })
        )
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name));
        const bytes = await readFile(pack);
        await rm(pack);
        await expect(forget()).rejects.toMatchObject({ type: 'RepositoryDamaged' });
        await writeFile(pack, bytes);
        expect(await forget()).toEqual({ forgotten: 0 });
        expect(JSON.parse(await readFile(estate.state.path(record), 'utf8'))).toEqual({
          record: `testbed/${record}`,
        });
      });
    },
  );
});

describe('of a mirror', () => {
  const plan = async (runId: string = randomUUID()): Promise<PlannedChanges> => {
    const planned = await inRun(runId, estate.activities.planMirror, await estate.request('copy'));
    if ('refused' in planned) throw new Error(planned.refused.reason);
    return planned;
  };
  const upload = async (runId: string) =>
    inRun(runId, estate.activities.uploadMirror, await estate.request('copy'));
  const remove = async (runId: string) =>
    inRun(runId, estate.activities.deleteMirrored, await estate.request('copy'));
  let run: string;
  beforeEach(() => {
    run = randomUUID();
  });
  const lose = async (...names: string[]): Promise<void> => {
    for (const name of names) await rm(join(estate.flux, name));
  };
  const copied = async (): Promise<string[]> => (await readdir(cloud)).filter((name) => /^[abc]$/.test(name));
  const approve = async (nonce: string = randomUUID()): Promise<void> => {
    const { hold } = await plan();
    await writeApproval(estate.state, {
      ...{ estate: 'testbed', job: 'copy', planHash: hold?.planHash ?? '', bounds: {}, nonce },
      expires: new Date(Date.now() + HOUR_MS).toISOString(),
    });
  };

  beforeAll(async () => {
    await plan('first');
    await upload('first');
  });

  describe.each(RECORD_DAMAGES)('what is %s', (damage) => {
    it('as a plan is made anew, also in the run that made it; a step that needs it is refused', async () => {
      await lose('a');
      await plan(run);
      await upload(run);
      for (const what of ['plan', 'decision', 'upload', 'deletion']) {
        const record = `plans/copy/${what}.json`;
        if (what === 'deletion') await estate.state.write(record, { runId: 'none', done: NONE });
        await expectRefusal(record, damage, () => remove(run), 'run the job again: it plans anew');
      }
      for (const what of ['plan', 'decision']) {
        await whileDamaged(estate.state.path(`plans/copy/${what}.json`), damage, async () => {
          expect(await plan(run)).toMatchObject({ deletes: 1 });
        });
      }
      expect(await copied()).toEqual(['a', 'b', 'c']);
    });

    it('as a hold is made anew', async () => {
      await lose('a', 'b');
      const { hold } = await plan();
      await whileDamaged(estate.state.path('holds/copy.json'), damage, async () => {
        expect((await plan()).hold).toMatchObject({ planHash: hold?.planHash, reason: hold?.reason });
        expect(await estate.state.read('holds/copy.json', Anything)).toMatchObject({
          planHash: hold?.planHash,
        });
      });
    });

    it('as an approval approves nothing, and the hold says so', async () => {
      await lose('a', 'b');
      await approve();
      await whileDamaged(estate.state.path('approvals/copy.json'), damage, async () => {
        const { hold, deletes } = await plan();
        expect({ deletes, reason: hold?.reason }).toEqual({
          deletes: 0,
          reason: expect.stringContaining('the approval given on the host does not count') as string,
        });
      });
      expect(await plan()).toMatchObject({ deletes: 2 }); // it is whole again
    });

    it('as the mark of a used approval still says that it was used', async () => {
      await lose('a', 'b');
      const nonce = randomUUID();
      await approve(nonce);
      expect(await plan()).toMatchObject({ deletes: 2 });
      await approve(nonce);
      const marks = await readdir(estate.state.path('approvals/used'));
      const mark = marks.find((name) => name.startsWith(sha256(nonce))) ?? '';
      await whileDamaged(estate.state.path('approvals/used', mark), damage, async () => {
        const { hold, deletes } = await plan();
        expect({ deletes, reason: hold?.reason }).toEqual({
          deletes: 0,
          reason: expect.stringContaining('it was used before') as string,
        });
      });
    });

    it('as the record of the last filter holds what would be lost, until somebody approves', async () => {
      await lose('a');
      await whileDamaged(estate.state.path('mirrors/copy.json'), damage, async () => {
        const { hold, deletes } = await plan();
        expect({ deletes, reason: hold?.reason }).toEqual({
          deletes: 0,
          reason: expect.stringContaining(
            'whether the filter changed since the last run cannot be told',
          ) as string,
        });
        await approve();
        expect(await plan()).toMatchObject({ deletes: 1 });
        expect(await plan()).toMatchObject({ deletes: 1 });
      });
    });

    it('as the record of the metadata manifest is made anew', async () => {
      await plan('manifest');
      const record = 'mirrors/copy.metadata.json';
      await whileDamaged(estate.state.path(record), damage, async () => {
        await upload('manifest');
        expect(await estate.state.read(record, Anything)).toMatchObject({
          root: `fts,encoding="Slash,Dot":${cloud}`,
        });
      });
    });

    it('as a plan keeps a prune from beginning, until its run has ended', async () => {
      await plan(run);
      const prune = async () => estate.run(estate.activities.pruneRepository, await estate.request());
      await declare('space');
      await whileDamaged(estate.state.path('plans/copy/plan.json'), damage, async () => {
        expect(await prune()).toBe('gave-way');
        await ended('copy', 'complete');
        expect(await prune()).toBe('done');
      });
      await declare('flux');
    });
  });

  it.each(CONTENT_DAMAGES)('lists that are %s are carried out by nobody', async (damage) => {
    await lose('a');
    await writeFile(join(estate.flux, 'd'), 'new');
    await plan(run);
    for (const list of ['delete-3.txt', 'new-1.txt', 'remote.tsv', 'source.tsv'])
      for (const step of [upload, remove])
        await expectRefusal(
          `plans/copy/${list}`,
          damage,
          () => step(run),
          'run the job again: it plans anew',
        );
    await rm(join(estate.flux, 'd'));
  });
});

describe.each(RECORD_DAMAGES)('of a purge, what is %s', (damage) => {
  const request = () => estate.request('purge');
  const plan = async (runId: string) => inRun(runId, estate.activities.planPurge, await request());
  const remove = async (runId: string) => inRun(runId, estate.activities.deleteOld, await request());

  it('deletes nothing, and is made anew by the next plan', async () => {
    const old = join(estate.flux, 'scratch', 'old');
    await writeFile(old, 'x');
    await sleep(100); // age is what is looked at
    await plan('purge');
    const records = ['plans/purge.json', ...(damage === "another one's" ? [] : ['plans/purge.jsonl'])];
    for (const record of records)
      await expectRefusal(record, damage, () => remove('purge'), 'run the job again: it plans anew');
    for (const record of records)
      await whileDamaged(estate.state.path(record), damage, async () => {
        expect(await plan('anew')).toMatchObject({ removal: { files: 1 } });
      });
    expect(await readFile(old, 'utf8')).toBe('x');
    await plan('last');
    expect(await remove('last')).toMatchObject({ deleted: { files: 1 } });
  });
});

describe.each(RECORD_DAMAGES)('of a graduation, what is %s', (damage) => {
  it('as a journal moves and deletes nothing; as the list of what was released it is made anew', async () => {
    const test = await makeGraduationEstate({ keepSource: '1d' });
    onTestFinished(() => test.remove());
    await test.project('moved');
    await test.graduate();
    const [day = ''] = await test.names(test.graduated);
    await test.project('cold');
    const refused = {
      type: 'StateCorrupt',
      details: [{ hint: expect.stringContaining('no hidden source is deleted') as string }],
    };
    await whileDamaged(test.state.path('graduation/graduation.json'), damage, async () => {
      await expect(test.graduate({ run: 'run-2' })).rejects.toMatchObject(refused);
      await expect(test.sweep({ days: 80 })).rejects.toMatchObject(refused);
      await expect(test.recall('moved')).rejects.toMatchObject(refused);
    });
    expect(await test.names(test.active)).toEqual(['cold']);
    expect(await test.names(join(test.graduated, day))).toEqual(['moved']);
    expect(await test.names(test.projects)).toEqual(['moved']);
    await whileDamaged(test.state.path('graduation/graduation.released.json'), damage, async () => {
      expect((await test.graduate({ run: 'run-2' })).result.counts).toMatchObject({ moved: 1 });
    });
  });
});

const ofAnyFile = RECORD_DAMAGES.filter((damage) => damage !== "another one's");

describe.each(ofAnyFile)('a sentinel that is %s', (damage) => {
  it('keeps every job out, and stays as it is', async () => {
    const sentinel = join(estate.flux, '.fts-volume');
    await whileDamaged(sentinel, damage, async () => {
      const before = await lstat(sentinel);
      await expect(estate.run(estate.activities.takeSnapshot, await estate.request())).rejects.toMatchObject({
        type: 'VolumeUnavailable',
        message: expect.stringContaining('.fts-volume') as string,
      });
      expect((await lstat(sentinel)).ino).toBe(before.ino);
    });
  });
});
