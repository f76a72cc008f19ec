import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { canMount } from '../support/loop-device.js';
import {
  type ResticEstate,
  firstRun,
  makeResticEstate,
  save,
  snapshotJob,
} from '../support/restic-estate.js';
import { treeOf } from '../support/tree.js';

/** Where the host's records of one kind lie on a filesystem of their own, which is full or read-only until `mend`. */
async function troubledFolder(folder: string, trouble: 'full' | 'read-only') {
  const aside = `${folder}-aside-${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await cp(folder, aside, { recursive: true });
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', folder]);
  await cp(aside, folder, { recursive: true });
  await rm(aside, { recursive: true });
  const filler = join(folder, 'filler');
  if (trouble === 'full') await execa('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { reject: false });
  else await execa('mount', ['-o', 'remount,ro', folder]);
  return {
    mend: async () => {
      if (trouble === 'full') await rm(filler);
      else await execa('mount', ['-o', 'remount,rw', folder]);
    },
    remove: () => execa('umount', ['--lazy', folder]),
  };
}

const EXPECTED = {
  full: { type: 'DestinationFull', hint: /make room there \(`df -h / },
  'read-only': { type: 'PermissionDenied', hint: /look at `ls -ld / },
} as const;

describe.skipIf(!canMount).each(['full', 'read-only'] as const)("a host's state that is %s", (trouble) => {
  const failure = (folder: string) => ({
    type: EXPECTED[trouble].type,
    nonRetryable: true,
    message: expect.stringContaining(folder) as string,
    details: [{ hint: expect.stringMatching(EXPECTED[trouble].hint) as string }],
  });

  describe('for a snapshot or a mirror', () => {
    let estate: ResticEstate;
    let cloud: string;
    beforeEach(async () => {
      estate = await makeResticEstate();
      cloud = join(estate.folder, 'cloud');
      await estate.change({
        remotes: { cloud: { type: 'local', path: cloud } },
        jobs: {
          save: snapshotJob(),
          copy: { kind: 'mirror', volume: 'flux', remote: 'cloud', limits: { deletes: 0 } },
        },
      });
      for (const name of ['a', 'b']) await writeFile(join(estate.flux, name), name);
    });
    afterEach(() => estate.remove());

    const forget = async () =>
      estate.run(estate.activities.forgetSnapshots, {
        ...(await estate.request()),
        snapshotId: await save(estate),
      });
    const plan = async () => estate.run(estate.activities.planMirror, await estate.request('copy'));
    const end = () =>
      estate.run(estate.activities.recordRun, {
        ...{ job: 'save', startedAt: new Date().toISOString(), outcome: 'complete', result: null },
      });

    it.each([
      ['journal', () => save(estate)],
      ['repositories', () => firstRun(estate)],
      ['retention', forget],
      ['jobs', end],
      ['plans', plan],
    ])('(%s) fails the step, saying where; it works once that is mended', async (folder, work) => {
      const before = await treeOf(estate.flux, (name) => name.startsWith('.fts'));
      const troubled = await troubledFolder(estate.state.path(folder), trouble);
      try {
        await expect(work()).rejects.toMatchObject(failure(estate.state.path(folder)));
        expect(await treeOf(estate.flux, (name) => name.startsWith('.fts'))).toEqual(before);
        await troubled.mend();
        await work();
      } finally {
        await troubled.remove();
      }
    });

    it('(holds) holds a mirror nonetheless: nothing is deleted', async () => {
      await plan();
      await estate.run(estate.activities.uploadMirror, await estate.request('copy'));
      await rm(join(estate.flux, 'a'));
      await rm(estate.state.path('plans'), { recursive: true });
      const troubled = await troubledFolder(estate.state.path('holds'), trouble);
      try {
        await expect(plan()).rejects.toMatchObject(failure(estate.state.path('holds')));
        await expect(
          estate.run(estate.activities.deleteMirrored, await estate.request('copy')),
        ).rejects.toMatchObject({ type: 'StateCorrupt' });
        expect(await readFile(join(cloud, 'a'), 'utf8')).toBe('a');
        await troubled.mend();
        expect(await plan()).toHaveProperty('hold');
      } finally {
        await troubled.remove();
      }
    });
  });

  describe('for a graduation', () => {
    let test: GraduationEstate;
    beforeEach(async () => {
      test = await makeGraduationEstate();
    });
    afterEach(() => test.remove());

    it.each(['copied', 'verified', 'published', 'hidden'] as const)(
      'from when it has %s on leaves the project whole; the next run finishes the move',
      async (step) => {
        const before = await treeOf(await test.project('cold'));
        const folder = test.state.path('graduation');
        let troubled: Awaited<ReturnType<typeof troubledFolder>> | undefined;
        const onStep = async (done: string): Promise<void> => {
          if (done === step) troubled ??= await troubledFolder(folder, trouble);
        };
        await test.graduate({ onStep }).catch((error: unknown) => {
          expect(error).toMatchObject(failure(dirname(test.state.path('graduation/graduation.json'))));
        });
        try {
          expect(troubled).toBeDefined();
          const places = [join(test.active, 'cold'), join(test.projects, 'cold')];
          const whole = await Promise.all(places.map((place) => treeOf(place).catch(() => undefined)));
          expect(whole).toContainEqual(before);
          await troubled?.mend();
          const { result } = await test.graduate({ run: 'run-2' });
          expect(result.counts.failed).toBe(0);
          expect(await treeOf(join(test.projects, 'cold'))).toEqual(before);
          expect(await test.names(test.active)).toEqual([]);
        } finally {
          await troubled?.remove();
        }
      },
    );
  });
});
