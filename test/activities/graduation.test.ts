import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { treeOf } from '../support/tree.js';

let test: GraduationEstate;
beforeEach(async () => {
  test = await makeGraduationEstate();
});
afterEach(() => test.remove());

describe('a cold project', () => {
  it('is whole in the archive, its source is hidden, and the result says so', async () => {
    const before = await treeOf(await test.project('cold'));
    const { result } = await test.graduate();
    expect(result).toMatchObject({
      counts: { moved: 1, kept: 0, failed: 0 },
      moved: [{ project: 'cold', files: 2, bytes: 4004, destination: 'space/projects/cold' }],
      kept: [],
      failed: [],
    });
    expect(await treeOf(join(test.projects, 'cold'))).toEqual(before);
    expect(await test.names(test.active)).toEqual([]);
    expect(await test.names(test.staging)).toEqual([]);
    const [day = ''] = await test.names(test.graduated);
    expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await treeOf(join(test.graduated, day, 'cold'))).toEqual(before);
  });

  it.each(['graduation', 'other'])('is moved by one attempt at a time, be it of the job %s', async (job) => {
    await test.project('cold');
    let second: Promise<unknown> | undefined;
    const { result } = await test.graduate({
      onStep: async (step) => {
        if (step !== 'copied') return;
        second = test.graduate({ job });
        await expect(second).rejects.toMatchObject({ type: 'Busy' });
      },
    });
    expect(second).toBeDefined();
    expect(result.counts.moved).toBe(1);
  });

  it('goes once: the next run finds nothing to do', async () => {
    await test.project('cold');
    await test.graduate();
    const { result } = await test.graduate({ run: 'run-2' });
    expect(result.counts).toEqual({ moved: 0, kept: 0, failed: 0 });
  });
});
