import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import { provisionVolume } from '../../src/adapters/volume/provision.js';
import type { RebuildRequest } from '../../src/domain/rebuild-run.js';
import { loadEstate } from '../../src/estate/load.js';
import { mirrorRestoreBed } from '../support/mirror-restore-bed.js';
import type { RebuildChild } from '../support/rebuild-child.js';
import { rebuildSteps } from '../support/rebuild-steps.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const CHILD = join(import.meta.dirname, '../../dist/test/support/rebuild-child.js');

interface Bed {
  file: string;
  state: RestoreEstate['state'];
}

let runs = 0;

/** Rebuilds in a process of its own, which is killed after that step. The run that it was an attempt of. */
async function dieAfter(bed: Bed, step: RestoreStep, request: RebuildRequest, time = 1): Promise<string> {
  runs += 1;
  const run = `run-${String(runs)}`;
  const told: RebuildChild = {
    file: bed.file,
    state: dirname(bed.state.path()),
    ...{ request, run },
    die: { step, time },
  };
  const { signal } = await execa(process.execPath, [CHILD, JSON.stringify(told)], { reject: false });
  expect(signal, step).toBe('SIGKILL');
  return run;
}

/** Another drive, empty, in place of the lost one. */
async function renew(bed: Bed, volume: string, root: string): Promise<void> {
  await rm(root, { recursive: true });
  await mkdir(root);
  await provisionVolume({ state: bed.state, loaded: await loadEstate(bed.file), volume });
}

const isOwn = (name: string): boolean => name.startsWith('.fts');

describe('a rebuild from a snapshot that is killed', () => {
  const ASKED = { estate: 'testbed', volume: 'flux' };
  let bed: RestoreEstate;
  let before: Record<string, string>;
  beforeAll(async () => {
    bed = await makeRestoreEstate({
      jobs: {
        graduation: { kind: 'graduation', from: 'flux/active', to: 'space/projects', inactive: '30d' },
      },
    });
    await mkdir(join(bed.flux, 'models'));
    await writeFile(join(bed.flux, 'models', 'weights'), 'weights');
    before = await bed.live();
    await bed.backup();
  });
  beforeEach(() => renew(bed, 'flux', bed.flux));
  afterAll(() => bed.remove());

  it.each([
    ...['rebuild-parts', 'rebuild-recorded', 'rebuild-batch-taken', 'staging-made', 'fetched'],
    ...['folders-noted', 'verified', 'folder-put', 'merged', 'result-recorded', 'staging-removed'],
    ...['rebuild-batch-noted', 'folder-settled', 'rebuild-ended'],
  ] as RestoreStep[])(
    'after "%s" is finished by its next attempt, and nothing is there twice',
    async (step) => {
      await dieAfter(bed, step, ASKED);
      const result = await (await rebuildSteps(bed)).rebuild(ASKED);
      expect(result).toMatchObject({
        parts: { count: 2, done: 2, failed: [] },
        ...{ verified: { files: 3 }, conflicts: { count: 0 } },
      });
      expect(result.restored.files + result.unchanged.files).toBe(3);
      expect(await bed.live()).toEqual(before);
      expect(await bed.staged()).toEqual([]);
      expect(await readdir(bed.state.path('restores'))).toEqual([]);
    },
  );

  it.each(['fetched', 'merged', 'rebuild-batch-noted'] as RestoreStep[])(
    'after "%s" and taken up by another run goes on with the same plan',
    async (step) => {
      await dieAfter(bed, step, ASKED);
      const later = await bed.backup();
      const steps = await rebuildSteps(bed);
      const plan = await steps.plan(ASKED);
      expect(plan.resumes).toBe(true);
      const result = await steps.rebuild(ASKED, `another-${step}`);
      expect(result).toMatchObject({ source: plan.source, parts: { count: 2, done: 2 } });
      expect(await bed.live()).toEqual(before);
      expect(await bed.staged()).toEqual([]);
      await bed.restic('forget', later);
    },
  );
});

describe('a rebuild from a mirror that is killed', () => {
  const ASKED = { estate: 'testbed', volume: 'space' };

  it.each(['rebuild-listed', 'rebuild-batch-taken', 'items-made', 'item-placed', 'merged'] as RestoreStep[])(
    'after "%s" is finished by its next attempt',
    async (step) => {
      const bed = await mirrorRestoreBed('local');
      await bed.sync();
      await bed.describe();
      const before = await bed.live();
      await renew(bed, 'space', bed.space);
      const run = await dieAfter(bed, step, ASKED);
      expect(await (await rebuildSteps(bed)).rebuild(ASKED, run)).toMatchObject({
        ...{ parts: { count: 1, done: 1 }, verified: { files: 2 } },
      });
      expect(await treeOf(bed.space, isOwn)).toEqual(before);
      expect(await bed.left()).toEqual([]);
    },
  );
});
