import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RECORD_DAMAGES, whileDamaged } from '../support/damage.js';
import { type DrillEstate, makeDrillEstate } from '../support/drill-estate.js';
import { type ResticEstate, makeResticEstate, save } from '../support/restic-estate.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const PATIENCE_MS = 180_000;

let open: { remove: () => Promise<void> };
afterEach(() => open.remove());

const refused = (hint: string) => ({
  type: 'StateCorrupt',
  nonRetryable: true,
  details: [{ hint: expect.stringContaining(hint) as string }],
});

describe('a restore whose record is', () => {
  const begin = async (): Promise<RestoreEstate> => {
    const bed = await makeRestoreEstate();
    open = bed;
    await bed.backup();
    return bed;
  };

  it.each(RECORD_DAMAGES)(
    '%s is refused at each step, publishes nothing, and goes on once it is whole again',
    async (damage) => {
      const bed = await begin();
      await writeFile(join(bed.thesis, 'notes'), 'second thoughts');
      const live = await bed.live();
      const asked = { id: 'damaged', target: { kind: 'in-place', conflict: 'replace' } } as const;
      const die = (step: string): void => {
        if (step === 'verified') throw new Error('the worker is gone');
      };
      await expect(bed.restore(asked, { onStep: die })).rejects.toThrow('the worker is gone');
      const file = bed.state.path('restores', 'damaged.json');
      await whileDamaged(file, damage, async () => {
        await expect(bed.restore(asked)).rejects.toMatchObject(refused(`mv ${file}`));
        await expect(bed.discard('damaged')).rejects.toMatchObject(refused(`mv ${file}`));
        expect(await bed.live()).toEqual(live);
      });
      expect(await bed.restore(asked)).toMatchObject({ replaced: { files: 1 } });
      expect(await bed.staged()).toEqual([]);
    },
  );
});

/** In what way it is damaged makes no difference here (`test/adapters/state`). */
const DAMAGE = 'cut off in the middle';

describe('what was read back, with a damaged record,', () => {
  it(
    'is no reason to forget or prune, and the check says what to do',
    async () => {
      const estate: ResticEstate = await makeResticEstate({
        jobs: {
          save: { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 5 } },
          check: { kind: 'check', repository: 'local', readData: '1/4' },
        },
      });
      open = estate;
      await writeFile(join(estate.flux, 'file'), 'content');
      const snapshotId = await save(estate);
      const check = async () => estate.run(estate.activities.checkPart, await estate.request('check'));
      await check();
      const file = estate.state.path('checks', 'repository-local.json');
      const before = await treeOf(estate.repository);
      await whileDamaged(file, DAMAGE, async () => {
        const request = await estate.request();
        for (const work of [
          check,
          () => estate.run(estate.activities.forgetSnapshots, { ...request, snapshotId }),
          () => estate.run(estate.activities.pruneRepository, request),
        ])
          await expect(work()).rejects.toMatchObject(refused('then run the check again'));
        await save(estate); // new snapshots are taken meanwhile
      });
      for (const name of Object.keys(before)) expect(await treeOf(estate.repository)).toHaveProperty([name]);
      await check();
    },
    PATIENCE_MS,
  );

  it('is no reason for a drill to count as one, and the next one with a whole record passes', async () => {
    const test: DrillEstate = await makeDrillEstate();
    open = test;
    await mkdir(join(test.flux, 'work'));
    await writeFile(join(test.flux, 'work', 'file'), 'content');
    await test.makeRepository();
    await test.restic('backup', test.flux);
    await test.drill();
    const file = test.state.path('drills', 'drill.json');
    await whileDamaged(file, DAMAGE, async () => {
      await expect(test.drill()).rejects.toMatchObject(refused(`mv ${file}`));
    });
    await test.drill();
    expect(await readdir(join(test.flux, '.fts', 'drill')).catch(() => [])).toEqual([]);
  });
});
