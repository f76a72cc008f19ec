import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { GraduationStep } from '../../src/adapters/graduation/context.js';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { treeOf } from '../support/tree.js';

let test: GraduationEstate;
let source: string;
beforeEach(async () => {
  test = await makeGraduationEstate();
  source = await test.project('cold');
});
afterEach(() => test.remove());

/** Dies on the first such step; before that, `earlier` may interfere. */
const dieAt = (
  last: GraduationStep,
  earlier: (step: GraduationStep) => Promise<void> | void = () => undefined,
) => {
  return async (step: GraduationStep): Promise<void> => {
    await earlier(step);
    if (step === last) throw new Error('power cut');
  };
};

/** The project under its own name, wherever it is whole. */
const wholePlaces = async (): Promise<Record<string, string>[]> => {
  const places = [join(test.active, 'cold'), join(test.projects, 'cold')];
  const trees = await Promise.all(places.map((place) => treeOf(place).catch(() => undefined)));
  return trees.filter((tree) => tree !== undefined);
};

const changeSource = async (): Promise<void> => {
  await appendFile(join(source, 'notes'), 'one more thought');
};

const hiddenSource = async (): Promise<string> => {
  const [day = ''] = await readdir(test.graduated);
  return join(test.graduated, day, 'cold');
};

describe('a move that dies', () => {
  const steps: GraduationStep[] = [
    ...(['journal-copying', 'copied', 'verified', 'journal-publishing', 'published'] as const),
    ...(['journal-hiding', 'hidden'] as const),
  ];
  it.each(steps)('after "%s" leaves the project whole, and the next run finishes it', async (last) => {
    const before = await treeOf(source);
    await expect(test.graduate({ onStep: dieAt(last) })).rejects.toThrow('power cut');
    const whole = await wholePlaces();
    expect(whole).not.toEqual([]);
    for (const tree of whole) expect(tree).toEqual(before);

    const { result } = await test.graduate({ run: 'run-2' });
    expect(result).toMatchObject({
      counts: { moved: 1, kept: 0, failed: 0 },
      moved: [{ project: 'cold', files: 2 }],
    });
    expect(await treeOf(join(test.projects, 'cold'))).toEqual(before);
    expect(await treeOf(await hiddenSource())).toEqual(before);
    expect([...(await test.names(test.active)), ...(await test.names(test.staging))]).toEqual([]);
    expect(await test.journal()).toMatchObject([{ step: 'hidden', run: 'run-2' }]);
  });

  it('after its last step is told by the next attempt of the same run, and by no other', async () => {
    await expect(test.graduate({ onStep: dieAt('journal-hidden') })).rejects.toThrow('power cut');
    expect((await test.graduate()).result.counts).toEqual({ moved: 1, kept: 0, failed: 0 });
    expect((await test.graduate({ run: 'run-2' })).result.counts).toEqual({ moved: 0, kept: 0, failed: 0 });
  });

  it.each(['published', 'journal-hiding'] as const)(
    'after "%s" is undone if somebody works on the source before the next run',
    async (last) => {
      await expect(test.graduate({ onStep: dieAt(last) })).rejects.toThrow('power cut');
      await changeSource();
      const changed = await treeOf(source);
      const { result } = await test.graduate({ run: 'run-2' });
      expect(result.kept).toEqual([{ project: 'cold', reason: 'changed during the move' }]);
      expect(await treeOf(source)).toEqual(changed);
      expect([...(await test.names(test.projects)), ...(await test.names(test.staging))]).toEqual([]);
    },
  );

  it('keeps both if somebody worked on the source and on the copy', async () => {
    await expect(test.graduate({ onStep: dieAt('published') })).rejects.toThrow('power cut');
    await changeSource();
    await writeFile(join(test.projects, 'cold', 'mine'), 'archive');
    const { result } = await test.graduate({ run: 'run-2' });
    expect(result.kept[0]?.reason).toMatch(/^conflict: .*both are kept/);
    expect((await wholePlaces()).length).toBe(2);
  });
});

it('a move that cannot be settled fails alone; the others go on', async () => {
  await expect(test.graduate({ onStep: dieAt('published') })).rejects.toThrow('power cut');
  await symlink(test.folder, test.graduated);
  await test.project('other');
  const broken = await test.graduate({ run: 'run-2' });
  expect(broken.failure).toBe('PathUnsafe');
  expect(broken.result.failed.map(({ project }) => project)).toEqual(['cold', 'other']);
  await rm(test.graduated);
  const { result } = await test.graduate({ run: 'run-3' });
  expect(result.counts).toEqual({ moved: 2, kept: 0, failed: 0 });
});

describe('a source that is opened during the move', () => {
  it.each([undefined, 'journal-withdrawing', 'withdrawn', 'staging-removed'] as const)(
    'stays, and it is said who has it open, also after a death at "%s"',
    async (last) => {
      let pid = 0;
      const openAtPublished = async (step: GraduationStep): Promise<void> => {
        if (step !== 'published') return;
        const file = await open(join(source, 'notes'));
        const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', file.fd] });
        pid = child.pid ?? 0;
        onTestFinished(async () => {
          child.stdin?.end();
          await once(child, 'close');
        });
        await file.close();
      };
      const onStep = last === undefined ? openAtPublished : dieAt(last, openAtPublished);
      const first = test.graduate({ onStep });
      if (last !== undefined) await expect(first).rejects.toThrow('power cut');
      const { result } = last === undefined ? await first : await test.graduate({ run: 'run-2' });
      expect(result.kept).toEqual([{ project: 'cold', reason: `open in process ${String(pid)}` }]);
      expect([...(await test.names(test.projects)), ...(await test.names(test.staging))]).toEqual([]);
    },
  );
});

it('a cancelled move leaves nothing in staging, and the source as it was', async () => {
  const before = await treeOf(source);
  const cancelled = test.graduate({ cancelAt: 'copied' });
  await expect(cancelled).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(await test.names(test.staging)).toEqual([]);
  expect(await test.journal()).toEqual([]);
  expect(await treeOf(source)).toEqual(before);
});

it('a worker that shuts down leaves the copy to the next attempt', async () => {
  const ended = test.graduate({ cancelAt: 'copied', cancelReason: 'WORKER_SHUTDOWN' });
  await expect(ended).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(await test.journal()).toMatchObject([{ step: 'copying' }]);
  expect((await test.graduate()).result.counts.moved).toBe(1);
});

describe('a source that changes', () => {
  it.each(['copied', 'verified', 'published', 'journal-hiding'] as const)(
    'at "%s" keeps the project in active, untouched',
    async (moment) => {
      const { result } = await test.graduate({
        onStep: async (step) => (step === moment ? changeSource() : undefined),
      });
      expect(result.kept).toEqual([{ project: 'cold', reason: 'changed during the move' }]);
      expect((await test.names(source)).length).toBe(2);
      expect([...(await test.names(test.projects)), ...(await test.names(test.staging))]).toEqual([]);
      expect(await test.journal()).toEqual([]);
    },
  );

  const changeHidden = async (step: GraduationStep): Promise<void> => {
    if (step === 'hidden') await appendFile(join(await hiddenSource(), 'notes'), 'through an open file');
  };

  it('once it is hidden comes back, and its copy goes', async () => {
    const { result } = await test.graduate({ onStep: changeHidden });
    expect(result.kept).toEqual([{ project: 'cold', reason: 'changed during the move' }]);
    expect(await test.names(test.active)).toEqual(['cold']);
    expect(await test.names(test.projects)).toEqual([]);
  });

  it.each(['put-back', 'journal-withdrawing', 'withdrawn', 'staging-removed', 'journal-dropped'] as const)(
    'is whole in active when the process dies at "%s", and the next run settles it',
    async (last) => {
      await expect(test.graduate({ onStep: dieAt(last, changeHidden) })).rejects.toThrow('power cut');
      const changed = await treeOf(source);
      await test.graduate({ run: 'run-2' });
      await test.graduate({ run: 'run-3' });
      expect(await treeOf(join(test.projects, 'cold'))).toEqual(changed);
      expect([...(await test.names(test.active)), ...(await test.names(test.staging))]).toEqual([]);
    },
  );
});

describe('the sweep', () => {
  beforeEach(async () => {
    await test.graduate();
  });

  it('waits until the time of a hidden source is over, then deletes it', async () => {
    expect(await test.sweep({ days: 46 })).toMatchObject({ removed: 0, waiting: 1, kept: 0 });
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 1, waiting: 0, kept: 0 });
    expect(await test.names(test.graduated)).toEqual([]);
    expect(await test.names(join(test.projects, 'cold'))).toEqual(['deep', 'notes']);
    expect(await test.journal()).toEqual([]);
  });

  it.each(['journal-sweeping', 'emptied', 'removed', 'journal-dropped'] as const)(
    'may die at "%s", and the next one finishes',
    async (last) => {
      await expect(test.sweep({ days: 48, onStep: dieAt(last) })).rejects.toThrow('power cut');
      await test.sweep({ days: 48 });
      expect(await test.journal()).toEqual([]);
      const days = await test.names(test.graduated);
      for (const day of days) expect(await test.names(join(test.graduated, day))).toEqual([]);
    },
  );

  it('that died half-way finishes only if what is left is in the archive', async () => {
    await expect(test.sweep({ days: 48, onStep: dieAt('journal-sweeping') })).rejects.toThrow('power cut');
    const hidden = await hiddenSource();
    await rm(join(hidden, 'notes'));
    await writeFile(join(hidden, 'new'), 'from somebody');
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, waiting: 0, kept: 1 });
    await rm(join(hidden, 'new'));
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 1, waiting: 0, kept: 0 });
  });

  it('keeps a source in which something changed', async () => {
    await appendFile(join(await hiddenSource(), 'notes'), 'late');
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, waiting: 0, kept: 1 });
    expect(await test.names(await hiddenSource())).toEqual(['deep', 'notes']);
  });

  it('keeps a source whose project is no longer in the archive', async () => {
    await rm(join(test.projects, 'cold'), { recursive: true });
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, waiting: 0, kept: 1 });
  });

  it('never touches another folder in the place of a source', async () => {
    const hidden = await hiddenSource();
    await rm(hidden, { recursive: true });
    await mkdir(hidden);
    await writeFile(join(hidden, 'other'), 'not ours');
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, waiting: 0, kept: 1 });
    expect(await test.names(hidden)).toEqual(['other']);
  });
});
