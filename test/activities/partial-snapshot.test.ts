import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, save } from '../support/restic-estate.js';
import { withoutCapabilities } from '../support/unprivileged.js';

let estate: ResticEstate;
let shim: string;

beforeAll(async () => {
  shim = await withoutCapabilities();
});
afterAll(() => rm(shim, { recursive: true }));
beforeEach(async () => {
  estate = await makeResticEstate();
  await writeFile(join(estate.flux, 'readable'), 'content');
});
afterEach(() => estate.remove());

describe('files that cannot be read', () => {
  it('are listed with their real names, and the snapshot with the rest is there', async () => {
    const hostile = Buffer.concat([
      Buffer.from(join(estate.flux, 'bro')),
      Buffer.from([0xff, 0x0a]),
      Buffer.from('ken'),
    ]);
    for (const name of [join(estate.flux, 'unreadable'), hostile]) {
      await writeFile(name, 'content');
      await chmod(name, 0);
    }
    await mkdir(join(estate.flux, 'folder'), { mode: 0 });
    await estate.makeRepository();

    const taken = await estate.run(estate.activities.takeSnapshot, await estate.request());

    expect(taken).toMatchObject({
      unreadable: {
        count: 3,
        first: expect.arrayContaining([
          { path: join(estate.flux, 'unreadable'), message: 'permission denied' },
          { path: join(estate.flux, 'bro\\xff\\x0aken'), encoded: true, message: 'permission denied' },
          { path: join(estate.flux, 'folder'), message: 'permission denied' },
        ]) as unknown[],
      },
    });
    const report = taken.repository === 'present' ? taken.unreadable?.report : undefined;
    expect((await readFile(report ?? '', 'utf8')).trimEnd().split('\n')).toHaveLength(3);

    const { snapshotId } = await estate.run(estate.activities.markPartial, await estate.request());
    const [snapshot] = JSON.parse(await estate.restic('snapshots', '--json', snapshotId)) as {
      tags: string[];
    }[];
    expect(snapshot?.tags).toEqual(['fts', 'job=save', 'partial']);
    expect(await estate.restic('ls', snapshotId)).toContain('readable');
  });

  it('many of them are counted, fifty are in the result, and all are in the report', async () => {
    for (let i = 0; i < 120; i += 1) {
      await writeFile(join(estate.flux, String(i)), 'content');
      await chmod(join(estate.flux, String(i)), 0);
    }
    await estate.makeRepository();
    const taken = await estate.run(estate.activities.takeSnapshot, await estate.request());
    const unreadable = taken.repository === 'present' ? taken.unreadable : undefined;
    expect(unreadable?.count).toBe(120);
    expect(unreadable?.first).toHaveLength(50);
    expect((await readFile(unreadable?.report ?? '', 'utf8')).trimEnd().split('\n')).toHaveLength(120);
  });

  it('that can be read again make the next snapshot complete', async () => {
    await writeFile(join(estate.flux, 'unreadable'), 'content');
    await chmod(join(estate.flux, 'unreadable'), 0);
    await save(estate);
    await chmod(join(estate.flux, 'unreadable'), 0o600);
    expect(await estate.run(estate.activities.takeSnapshot, await estate.request())).not.toHaveProperty(
      'unreadable',
    );
  });
});
