import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { Client } from '../b2-stand-in/client.js';
import { QUOTED_NAMES } from '../support/hostile-names.js';
import { mirrorRestoreBed } from '../support/mirror-restore-bed.js';
import { treeOf } from '../support/tree.js';

const TIMEOUT = 240_000;

it.each(['b2', 'local'] as const)(
  'names that look like rclone’s own come back from %s as they were',
  async (type) => {
    const bed = await mirrorRestoreBed(type);
    for (const name of QUOTED_NAMES) {
      await bed.write({ [`projects/thesis/${name}`]: name, [`projects/thesis/in ${name}/below`]: name });
    }
    await bed.sync();
    await bed.describe();
    const before = await bed.live();
    await bed.lose();
    await bed.restore({ paths: ['space'], target: { kind: 'in-place', conflict: 'replace' } });
    expect(await bed.live()).toEqual(before);
  },
  TIMEOUT,
);

it(
  'what somebody put into the bucket under names that lead out of a folder is brought nowhere',
  async () => {
    const bed = await mirrorRestoreBed('b2');
    await bed.sync();
    const client = await Client.authorized(bed.standIn.endpoint);
    const ups = [1, 2, 3, 4, 5, 6].map((depth) => '../'.repeat(depth));
    for (const up of ups) await client.put(`mirror/projects/thesis/${up}escaped`, 'x');
    for (const up of ups) await client.put(`mirror/projects/thesis/${up.replaceAll('/', '／')}escaped`, 'x');
    const before = await treeOf(bed.thesis);
    const { target } = await bed.restore();
    expect(Object.keys(await treeOf(target))).toEqual(Object.keys(before));
    expect(await readFile(join(target, 'notes'), 'utf8')).toBe('first thoughts');
    const { stdout } = await execa('find', [bed.folder, '-name', '*escaped*', '-not', '-path', '*/b2/*']);
    expect(stdout).toBe('');
  },
  TIMEOUT,
);
