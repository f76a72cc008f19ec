import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { mirrorShortfall } from '../../../src/domain/mirror-shortfall.js';
import { planNumbers } from '../../../src/domain/mirror.js';
import { Client } from '../../b2-stand-in/client.js';
import { QUOTED_NAMES } from '../../support/hostile-names.js';
import { b2Bed } from '../../support/mirror-b2-bed.js';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

it.each(['b2', 'local'])(
  'files and folders whose names look like rclone’s own are mirrored: %s',
  async (kind) => {
    const bed = kind === 'b2' ? await b2Bed() : await mirrorBed();
    const work = await mirrorAtWork(bed);
    const content = (path: string): string => `content of ${path}`;
    const files = QUOTED_NAMES.flatMap((name) => [`file/${name}`, `in/${name}/below`, `in/${name}/${name}`]);
    await bed.write(Object.fromEntries(files.map((path) => [path, content(path)])));
    const { plan, uploaded } = await work.run();
    expect(plan.omitted).toEqual({});
    expect(uploaded).toMatchObject({ transferred: { files: files.length }, postponed: [] });
    expect(uploaded.unreadable).toBeUndefined();
    const again = await bed.plan();
    expect(await bed.names()).toEqual({});
    expect(await work.verify({ ...again, runId: plan.runId })).toMatchObject({ files: 20 });

    const back = join(bed.folder, 'back');
    const environment = { ...bed.remote.environment, RCLONE_LOCAL_ENCODING: 'Raw' };
    await execa(bed.remote.rclone, ['copy', bed.remote.root, back, '--filter', '- /.fts/**'], {
      env: environment,
    });
    for (const path of files) expect(await readFile(join(back, path), 'utf8'), path).toBe(content(path));
    expect((await readdir(join(back, 'file'))).sort()).toEqual([...QUOTED_NAMES].sort());
    const plain = join(bed.folder, 'plain'); // with rclone's defaults all is there too, under the names that rclone has for them
    await execa(bed.remote.rclone, ['copy', bed.remote.root, plain], { env: bed.remote.environment });
    expect((await readdir(join(plain, 'file'))).length).toBe(QUOTED_NAMES.length);

    await execa('rm', ['-r', join(bed.root, 'in', '‛'), join(bed.root, 'file', '␀')]);
    const { deleted } = await work.run();
    expect(deleted).toMatchObject({ files: 3, returned: 0 });
  },
);

it('a file that another program named in a way that rclone does not find stays, is told of, and stops nothing', async () => {
  const bed = await b2Bed();
  const work = await mirrorAtWork(bed);
  await bed.write({ a: 'a' });
  const client = await Client.authorized(bed.standIn.endpoint);
  for (const name of ['back\\slash', 'ends', 'x/../z']) await client.put(`mirror/${name}`, 'x');
  const { plan, deleted } = await work.run();
  expect(deleted).toMatchObject({ files: 1, left: { count: 2 } });
  expect(deleted.left?.first.map(({ path }) => path).sort()).toEqual(['back\\slash', 'x/．．/z']);
  const none = { files: 0, bytes: 0 };
  const result = { transferred: none, deleted: none, verified: none, omitted: {}, plan: planNumbers(plan) };
  expect(mirrorShortfall({ ...result, ...(deleted.left && { left: deleted.left }) })).toMatchObject({
    type: 'FilesOmitted',
    message: expect.stringContaining('2 files of the remote could not be deleted') as string,
  });
});

it('a folder that is called as rclone calls a stored link is no trouble', async () => {
  const bed = await b2Bed();
  const work = await mirrorAtWork(bed);
  await bed.write({ 'link.rclonelink/inside': 'x' });
  const { uploaded } = await work.run();
  expect(uploaded).toEqual({ transferred: { files: 1, bytes: 1 }, postponed: [] });
});
