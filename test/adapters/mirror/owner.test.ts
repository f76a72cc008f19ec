import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { b2Bed } from '../../support/mirror-b2-bed.js';
import { type MirrorBed, OWNER, mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

const OTHERS = { estate: 'another', host: 'there', volume: 'space' };

/** A volume of somebody else, which is mirrored to the same place. */
async function another(bed: MirrorBed) {
  const other = await mirrorBed();
  other.remote.environment = bed.remote.environment;
  other.remote.root = bed.remote.root;
  return { bed: other, work: await mirrorAtWork(other, [], OTHERS) };
}

it.each(['b2', 'local'])('a remote that is the mirror of another is left as it is: %s', async (kind) => {
  const bed = kind === 'b2' ? await b2Bed() : await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ mine: 'mine' });
  await work.run();

  const { bed: other, work: theirs } = await another(bed);
  await other.write({ theirs: 'theirs' });
  await expect(theirs.run()).rejects.toMatchObject({
    type: 'RemoteTaken',
    message: expect.stringContaining('volume space of host here in estate testbed') as string,
    hint: expect.stringContaining('.fts/mirror-owner.json') as string,
  });
  const { plan } = await work.run();
  expect(plan).toMatchObject({ remote: { files: 1 }, losses: { deletions: { files: 0 } } });
  expect(plan.unowned).toBeUndefined();
});

it('a remote that plain rclone filled becomes the mirror’s own, and its mark is neither mirrored nor deleted', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ a: 'a' });
  await bed.sync();
  await mkdir(join(bed.root, '.fts'));
  await writeFile(join(bed.root, '.fts/mirror-owner.json'), 'not the mark');
  const first = await work.run();
  expect(first.plan).toMatchObject({ unowned: true, new: [{ files: 0 }, {}, {}] });
  const mark = await readFile(join(bed.copy, '.fts/mirror-owner.json'), 'utf8');
  expect(JSON.parse(mark)).toEqual(OWNER);
  await rm(join(bed.root, 'a'));
  await bed.write({ b: 'b' });
  expect((await work.run()).deleted.files).toBe(1);
  expect(await readFile(join(bed.copy, '.fts/mirror-owner.json'), 'utf8')).toBe(mark);
});

it('of two that claim a remote at once, one goes no further', async () => {
  const bed = await b2Bed();
  const work = await mirrorAtWork(bed);
  const { bed: other, work: theirs } = await another(bed);
  await bed.write({ mine: 'mine' });
  await other.write({ theirs: 'theirs' });
  const [mine, plan] = [await bed.plan(), await other.plan({ owner: OTHERS })];
  await work.upload(mine, 'nothing');
  await expect(theirs.upload(plan, 'nothing')).rejects.toMatchObject({ type: 'RemoteTaken' });
  await expect(theirs.remove(plan)).rejects.toMatchObject({ type: 'RemoteTaken' });
  expect(await bed.remoteNames()).toEqual(['mine']);
});

it('a mark that cannot be read, or went after the plan, ends the run before anything is deleted', async () => {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write({ a: 'a', b: 'b' });
  await work.run();
  await rm(join(bed.root, 'a'));
  const plan = await bed.plan();
  await rm(join(bed.copy, '.fts/mirror-owner.json'));
  await expect(work.remove(plan)).rejects.toMatchObject({ type: 'RemoteTaken' });
  await writeFile(join(bed.copy, '.fts/mirror-owner.json'), '{"estate":');
  await expect(bed.plan()).rejects.toMatchObject({ type: 'RemoteTaken' });
  await rm(join(bed.copy, '.fts/mirror-owner.json'));
  expect((await work.run()).deleted.files).toBe(1);
});
