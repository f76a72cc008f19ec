import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canMount } from '../../support/loop-device.js';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

describe.runIf(canMount)('what is mounted in the volume', () => {
  const mount = async (path: string, ...args: string[]): Promise<void> => {
    await mkdir(path, { recursive: true });
    await execa('mount', [...args, path]);
    onTestFinished(async () => {
      await execa('umount', [path], { reject: false });
    });
  };

  it.each([['a filesystem'], ['a folder of elsewhere']])(
    'is left out and counted, and what the remote has there stays: %s',
    async (kind) => {
      const bed = await mirrorBed();
      const work = await mirrorAtWork(bed);
      await bed.write({ 'disk/under': 'under', other: 'o' });
      await work.run();
      await mkdir(join(bed.folder, 'elsewhere'));
      await (kind === 'a filesystem'
        ? mount(join(bed.root, 'disk'), '-t', 'tmpfs', 'none')
        : mount(join(bed.root, 'disk'), '--bind', join(bed.folder, 'elsewhere')));
      await bed.write({ 'disk/on it': 'x' });
      await mkdir(join(bed.root, 'disk/folder on it'));
      const { plan, deleted } = await work.run();
      expect(plan).toMatchObject({
        ...{ omitted: { mounts: 1 }, source: { files: 1 }, delete: [{}, {}, { files: 0 }] },
      });
      expect(deleted.files).toBe(0);
      expect(await readFile(join(bed.copy, 'disk/under'), 'utf8')).toBe('under');
      expect((await execa('find', [bed.copy, '-name', 'on it'])).stdout).toBe('');
      const { stdout: manifest } = await execa('zcat', [join(bed.copy, '.fts/mirror-metadata.jsonl.gz')]);
      const lines = manifest.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.map(({ path, omitted }) => [path, omitted])).toEqual([
        ['', undefined],
        ['disk', 'something else is mounted there'],
        ['other', undefined],
      ]);
      expect((await bed.plan({ exclude: ['disk'] })).omitted).toEqual({});
      await execa('umount', [join(bed.root, 'disk')]);
      expect((await work.run()).plan).toMatchObject({ omitted: {}, delete: [{}, {}, { files: 0 }] });
    },
  );

  it('after the plan takes nothing away from the remote', async () => {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ 'disk/gone': 'g', 'disk/returns': 'r', other: 'o', another: 'a' });
    await work.run();
    await rm(join(bed.root, 'disk/gone'));
    await rm(join(bed.root, 'disk/returns'));
    const plan = await bed.plan();
    await bed.write({ 'disk/returns': 'r' });
    await mount(join(bed.root, 'disk'), '-t', 'tmpfs', 'none');
    expect((await work.remove(plan)).files).toBe(0);
    expect(await readFile(join(bed.copy, 'disk/returns'), 'utf8')).toBe('r');
  });
});
