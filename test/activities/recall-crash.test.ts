import { appendFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GraduationStep } from '../../src/adapters/graduation/context.js';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { treeOf } from '../support/tree.js';

let test: GraduationEstate;
let before: Record<string, string>;
beforeEach(async () => {
  test = await makeGraduationEstate();
  before = await treeOf(await test.project('cold'));
  await test.graduate();
});
afterEach(() => test.remove());

const dieAt =
  (last: GraduationStep, earlier: (step: GraduationStep) => Promise<void> | void = () => undefined) =>
  async (step: GraduationStep): Promise<void> => {
    await earlier(step);
    if (step === last) throw new Error('power cut');
  };

const wholePlaces = async (): Promise<Record<string, string>[]> => {
  const places = [join(test.active, 'cold'), join(test.projects, 'cold')];
  const trees = await Promise.all(places.map((place) => treeOf(place).catch(() => undefined)));
  return trees.filter((tree) => tree !== undefined);
};

const STEPS = [
  ...(['journal-copying', 'copied', 'verified', 'journal-publishing', 'published'] as const),
  ...(['journal-hiding', 'hidden', 'journal-hidden'] as const),
];

describe.each(STEPS)('a recall that dies after "%s"', (last) => {
  beforeEach(async () => {
    await expect(test.recall('cold', { onStep: dieAt(last) })).rejects.toThrow('power cut');
  });

  it('leaves the project whole, and its next attempt finishes it', async () => {
    const whole = await wholePlaces();
    expect(whole).not.toEqual([]);
    for (const tree of whole) expect(tree).toEqual(before);
    expect(await test.recall('cold')).toMatchObject({ files: 2, bytes: 4004 });
    expect(await wholePlaces()).toEqual([before]);
    expect(await test.names(test.active)).toEqual(['cold']);
    expect(await test.names(test.backStaging)).toEqual([]);
    expect(await test.recalled()).toHaveLength(1);
  });

  it('is finished by another recall, or begun anew', async () => {
    expect(await test.plan('cold')).toMatchObject({ files: last === 'journal-hidden' ? 0 : 2 });
    await test.recall('cold', { run: 'recall-2' });
    expect(await wholePlaces()).toEqual([before]);
    expect(await test.names(test.projects)).toEqual([]);
  });

  it('is settled by the next graduation, which tells of no move of its own', async () => {
    const { result } = await test.graduate({ run: 'run-2' });
    const isBack = !['journal-copying', 'copied', 'verified', 'journal-publishing'].includes(last);
    expect(result.counts).toEqual({ moved: 0, kept: isBack ? 1 : 0, failed: 0 });
    expect(await wholePlaces()).toEqual([before]);
    expect(await test.names(isBack ? test.active : test.projects)).toEqual(['cold']);
    expect(await test.names(test.backStaging)).toEqual([]);
    expect(await test.recall('cold')).toMatchObject({ files: 2, bytes: 4004 });
    expect(await test.names(test.active)).toEqual(['cold']);
  });
});

it('a recall finishes first what a graduation left of the project', async () => {
  const other = await treeOf(await test.project('other'));
  await expect(test.graduate({ run: 'run-2', onStep: dieAt('published') })).rejects.toThrow('power cut');
  expect(await test.recall('other')).toMatchObject({ files: 2 });
  expect(await test.names(test.active)).toEqual(['other']);
  expect(await treeOf(join(test.active, 'other'))).toEqual(other);
});

describe('a copy in the archive that changes', () => {
  const change = (): Promise<void> => appendFile(join(test.projects, 'cold', 'notes'), 'one more thought');

  it.each(['copied', 'verified', 'published', 'journal-hiding'] as const)(
    'at "%s" stays where it is, and the next attempt brings all of it',
    async (moment) => {
      const recall = test.recall('cold', {
        onStep: async (step) => (step === moment ? change() : undefined),
      });
      await expect(recall).rejects.toMatchObject({ type: 'SourceChanged', nonRetryable: false });
      expect([await test.names(test.active), await test.names(test.backStaging)]).toEqual([[], []]);
      const changed = await treeOf(join(test.projects, 'cold'));
      await test.recall('cold');
      expect(await treeOf(join(test.active, 'cold'))).toEqual(changed);
    },
  );

  it('keeps both if somebody works on what a dead recall had published', async () => {
    await expect(test.recall('cold', { onStep: dieAt('published') })).rejects.toThrow('power cut');
    await change();
    await appendFile(join(test.active, 'cold', 'notes'), 'work');
    await expect(test.recall('cold')).rejects.toMatchObject({ type: 'DestinationExists' });
    expect((await wholePlaces()).length).toBe(2);
  });
});

describe('the source of a graduation whose project was given another name in the archive', () => {
  const LATE = { days: 48 };

  it('goes in its time if the project is equal to it', async () => {
    await rename(join(test.projects, 'cold'), join(test.projects, 'finished'));
    expect(await test.sweep({ days: 46 })).toMatchObject({ waiting: 1 });
    expect(await test.sweep(LATE)).toMatchObject({ removed: 1, kept: 0 });
    expect(await treeOf(join(test.projects, 'finished'))).toEqual(before);
  });

  it('is kept if the project is not, with where it is', async () => {
    await rename(join(test.projects, 'cold'), join(test.projects, 'finished'));
    await rm(join(test.projects, 'finished', 'notes'));
    const { reasons, ...counts } = await test.sweep(LATE);
    expect(counts).toEqual({ removed: 0, waiting: 0, kept: 1 });
    expect(reasons).toMatchObject([
      { project: 'cold', at: expect.stringMatching(/^flux\/\.fts\/graduated\/.*\/cold$/) as string },
    ]);
    expect(reasons[0]?.reason).toContain('finished');
  });

  it('is kept if another folder has the name', async () => {
    await rm(join(test.projects, 'cold'), { recursive: true });
    await test.project('../../space/projects/cold', 'other');
    expect(await test.sweep(LATE)).toMatchObject({ removed: 0, kept: 1 });
  });
});
