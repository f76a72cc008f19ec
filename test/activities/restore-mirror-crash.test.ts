import { link, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import type { RestoreRequest } from '../../src/domain/restore.js';
import { type MirrorRestoreBed, mirrorRestoreBed } from '../support/mirror-restore-bed.js';
import { processesWith } from '../support/processes.js';
import type { RestoreChild } from '../support/restore-child.js';
import { treeOf } from '../support/tree.js';
import { until } from '../support/until.js';

const TIMEOUT = 240_000;
const CHILD = join(import.meta.dirname, '../../dist/test/support/restore-child.js');

/** Restores in a process of its own, which kills itself after that step, if it gets there. */
function restoring({ file, state }: MirrorRestoreBed, request: RestoreRequest, step: RestoreStep) {
  const told: RestoreChild = { file, state: dirname(state.path()), request, die: { step, time: 1 } };
  return execa(process.execPath, [CHILD, JSON.stringify(told)], { reject: false });
}

/** What holds a killed process's lock is killed right after it. */
const afterTheDead = <T extends object>(work: () => Promise<T>): Promise<T> =>
  until(() =>
    work().catch((error: unknown) => {
      if (error instanceof ApplicationFailure && error.type === 'Busy') return undefined;
      throw error;
    }),
  );

const STEPS = [
  ...(['recorded', 'staging-made', 'items-made', 'item-moved', 'item-placed', 'fetched'] as const),
  ...(['hard-linked', 'link-made', 'links-made', 'metadata-applied', 'folders-noted', 'verified'] as const),
  ...(['parcels-recorded', 'published', 'result-recorded', 'staging-removed'] as const),
];

it.each(STEPS)(
  'a restore from a mirror that is killed after "%s" is whole or not there, and is finished by its next attempt',
  async (step) => {
    const bed = await mirrorRestoreBed('local');
    await link(join(bed.thesis, 'notes'), join(bed.thesis, 'deep', 'same'));
    await symlink('/nowhere', join(bed.thesis, 'dangling'));
    await bed.write({ 'projects/other/file': 'other' });
    await bed.sync();
    await bed.describe();
    const live = await bed.live();
    const before = await treeOf(bed.thesis);
    const request = bed.requestOf({ paths: ['space/projects/thesis', 'space/projects/other/file'] });
    expect((await restoring(bed, request, step)).signal, step).toBe('SIGKILL');
    for (const name of await readdir(dirname(bed.thesis)))
      if (name.startsWith('thesis.')) expect(await treeOf(join(dirname(bed.thesis), name))).toEqual(before);

    const result = await afterTheDead(() => bed.restore(request));
    expect(result).toMatchObject({ restored: { files: 5 }, verified: { files: 5 } });
    const [thesis = '', file = ''] = result.targets ?? [];
    expect(await treeOf(thesis)).toEqual(before);
    expect(await readFile(join(file, 'file'), 'utf8')).toBe('other');
    expect(await bed.left()).toEqual([]);
    for (const target of [thesis, file]) await rm(target, { recursive: true });
    expect(Object.keys(await bed.live())).toEqual(Object.keys(live));
  },
  TIMEOUT,
);

it(
  'a copy that is killed goes on with what is not there yet',
  async () => {
    const bed = await mirrorRestoreBed();
    await bed.write(
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`projects/thesis/${String(i)}`, 'x'])),
    );
    await bed.sync();
    await bed.describe();
    const before = await treeOf(bed.thesis);
    const request = bed.requestOf();
    let downloads = 0;
    const isTenth = ({ operation }: { operation: string }): boolean => {
      if (operation.startsWith('b2_download')) downloads += 1;
      return downloads === 10;
    };
    bed.standIn.faults.inject({ match: isTenth, answer: 'hang', times: 1 });
    const child = restoring(bed, request, 'fetched');
    const staged = join(bed.space, '.fts', 'restores', request.id, 'items', '0');
    const whole = ['-type', 'f', '-not', '-name', '*.partial'];
    await until(async () => {
      const { stdout } = await execa('find', [staged, ...whole], { reject: false });
      return stdout.split('\n').length === 21;
    });
    const copying = await until(async () => {
      const [found] = (await processesWith(bed.folder, '\0copy\0')).filter(({ command }) =>
        command.includes('rclone '),
      );
      return found?.pid;
    });
    child.kill('SIGKILL');
    await child;
    await until(async () =>
      (await processesWith(bed.folder, '\0copy\0')).every(({ pid }) => pid !== copying),
    );
    bed.standIn.faults.clear();
    downloads = 0;
    bed.standIn.faults.inject({ match: isTenth, answer: 'hang', times: 1 });
    const { target } = await afterTheDead(() => bed.restore(request));
    expect(await treeOf(target)).toEqual(before);
    expect(downloads).toBeLessThanOrEqual(2);
    expect(await bed.left()).toEqual([]);
  },
  TIMEOUT,
);
