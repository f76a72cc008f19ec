import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GraduationStep } from '../../src/adapters/graduation/context.js';
import { attempt, dies } from '../support/dying.js';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { treeOf } from '../support/tree.js';
import { until } from '../support/until.js';

/** What the other tests of a step that dies do by throwing, done by SIGKILL: no line of ours runs after it. */
let test: GraduationEstate;
let before: Record<string, string>;
beforeEach(async () => {
  test = await makeGraduationEstate({ inactive: '1s', keepSource: '1s' });
  const source = await test.project('cold');
  before = await treeOf(source);
  const { ctimeMs } = await lstat(source);
  await until(() => Date.now() - ctimeMs > 1500);
});
afterEach(() => test.remove());

const doing = (activity: string): string =>
  attempt({ file: join(test.folder, 'estate.yaml'), stateRoot: join(test.folder, 'state') }, [
    activity,
    test.request,
  ]);

const whole = async (name = 'cold'): Promise<Record<string, string>[]> => {
  const trees = [test.active, test.projects].map((folder) =>
    treeOf(join(folder, name)).catch(() => undefined),
  );
  return (await Promise.all(trees)).filter((tree) => tree !== undefined);
};

describe('a worker that is killed while it moves a project', () => {
  const STEPS: GraduationStep[] = [
    ...(['journal-copying', 'copied', 'verified', 'journal-publishing', 'published'] as const),
    ...(['journal-hiding', 'hidden', 'journal-hidden'] as const),
  ];

  it.each(STEPS)('at "%s" leaves it whole under its own name, and the next run ends the move', async (of) => {
    await dies(doing('graduateProjects'), { at: 'graduation', of });
    const found = await whole();
    expect(found).not.toEqual([]);
    for (const tree of found) expect(tree).toEqual(before);

    await test.graduate({ run: 'run-2' });
    expect(await whole()).toEqual([before]);
    expect(await test.names(test.active)).toEqual([]);
    expect(await test.names(test.staging)).toEqual([]);
  });
});

describe('a worker that is killed with two projects on their way', () => {
  it.each(['journal-copying', 'copied', 'verified', 'published', 'hidden', 'journal-hidden'] as const)(
    'at "%s" of the second leaves both whole, and the next run ends both moves',
    async (of) => {
      const path = await test.project('second', 'other');
      const second = await treeOf(path);
      const { ctimeMs } = await lstat(path);
      await until(() => Date.now() - ctimeMs > 1500);
      await dies(doing('graduateProjects'), { at: 'graduation', of, number: 2 });
      for (const [name, tree] of Object.entries({ cold: before, second })) {
        const found = await whole(name);
        expect(found).not.toEqual([]);
        for (const one of found) expect(one).toEqual(tree);
      }

      await test.graduate({ run: 'run-2' });
      expect([await whole(), await whole('second')]).toEqual([[before], [second]]);
      expect([...(await test.names(test.active)), ...(await test.names(test.staging))]).toEqual([]);
    },
  );
});

describe('a worker that is killed while it deletes a hidden source', () => {
  it.each(['journal-sweeping', 'emptied', 'removed', 'journal-dropped'] as const)(
    'at "%s" leaves the project whole, and the next sweep ends it',
    async (of) => {
      await test.graduate({ days: 0 });
      const hiddenAt = Date.now();
      await until(() => Date.now() - hiddenAt > 1000);
      await dies(doing('sweepSources'), { at: 'graduation', of });
      expect(await whole()).toEqual([before]);
      await test.sweep({ days: 1 });
      expect(await test.journal()).toEqual([]);
      for (const day of await readdir(test.graduated))
        expect(await readdir(join(test.graduated, day))).toEqual([]);
    },
  );
});
