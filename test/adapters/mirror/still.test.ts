import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBack } from '../../../src/adapters/mirror/verify.js';
import { bytesOf } from '../../../src/adapters/mirror/lists.js';
import { rcloneName } from '../../../src/domain/rclone-names.js';
import { Client } from '../../b2-stand-in/client.js';
import { BUCKET } from '../../b2-stand-in/stand-in.js';
import { HOSTILE_NAMES } from '../../support/hostile-names.js';
import { MANIFEST, b2Bed } from '../../support/mirror-b2-bed.js';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

/** A mirror on B2 of three files, brought there by a run. */
async function mirrored() {
  const bed = await b2Bed();
  const work = await mirrorAtWork(bed);
  await bed.write({ 'a/one': '1', 'a/two': '22', three: '333' });
  await work.run();
  const versionOf = (name: string): string =>
    bed.standIn.versions(BUCKET).find(({ fileName }) => fileName === `mirror/${name}`)?.fileId ?? '';
  return { ...bed, work, damage: (name: string) => bed.standIn.damage(versionOf(name)) };
}

describe('a plan that finds nothing to do', () => {
  it('has read a sample back by then, for one listing', async () => {
    const bed = await mirrored();
    const before = bed.standIn.calls();
    const { verified } = await bed.plan();
    expect(verified?.files).toBeGreaterThan(0);
    expect(bed.standIn.calls().C - before.C).toBe(3); // the listing, and who asks, twice
  });

  it('does not count as verified when a file there is not what the volume has, and the run fails', async () => {
    const bed = await mirrored();
    for (const name of ['a/one', 'a/two', 'three']) await bed.damage(name);
    const plan = await bed.plan();
    expect(plan.verified).toBeUndefined();
    expect(plan.doubtful?.length).toBeGreaterThan(0);
    await expect(bed.work.verify(plan)).rejects.toMatchObject({ type: 'VerificationFailed' });
  });

  it('is not at its end without the manifest of the metadata, or with another', async () => {
    const bed = await mirrored();
    await chmod(join(bed.root, 'three'), 0o600);
    expect(await bed.plan()).toMatchObject({ manifest: { isThere: false } });
    const { plan } = await bed.work.run();
    expect(plan.verified).toBeUndefined();
    expect((await bed.plan()).verified).toBeDefined();
    const client = await Client.authorized(bed.standIn.endpoint);
    await client.call('b2_hide_file', { bucketId: client.bucketId, fileName: `mirror/${MANIFEST}` });
    expect((await bed.plan()).verified).toBeUndefined();
  });
});

it('a plan that finds something to do uploads it, whatever was read before, and then fails for what differs', async () => {
  const bed = await mirrored();
  for (const name of ['a/one', 'a/two', 'three']) await bed.damage(name);
  await bed.write({ new: 'n' });
  const plan = await bed.plan();
  expect(plan.verified).toBeUndefined();
  await bed.work.upload(plan);
  expect(await bed.remoteNames()).toContain('new');
  await expect(bed.work.verify(plan)).rejects.toMatchObject({ type: 'VerificationFailed' });
});

it.each(['local', 'b2'])('files of any name, and links, are read back from %s', async (type) => {
  const bed = type === 'b2' ? await b2Bed() : await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write(Object.fromEntries(HOSTILE_NAMES.map((name) => [join('d', name), name])));
  await symlink('nowhere', join(bed.root, 'd', 'a link'));
  await work.run();
  const names = [...HOSTILE_NAMES.map((name) => bytesOf(rcloneName(join('d', name)))), 'd/a link.rclonelink'];
  const { remote, root, files } = bed;
  const read = await readBack({ remote, root, files, signal: new AbortController().signal }, names);
  expect([...read.same].sort()).toEqual(names.sort());
});
