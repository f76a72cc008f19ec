import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../../src/adapters/mirror/files.js';
import { Client } from '../../b2-stand-in/client.js';
import { BUCKET, MIRROR, testStandIn } from '../../b2-stand-in/stand-in.js';
import { HOSTILE_NAMES } from '../../support/hostile-names.js';
import { mirrorBed } from '../../support/mirror-bed.js';

async function b2Bed({ path = `${BUCKET}/mirror`, key = MIRROR.key } = {}) {
  const standIn = await testStandIn();
  const bed = await mirrorBed(
    { type: 'b2', path, options: { endpoint: standIn.endpoint }, secrets: { account: 'id', key: 'key' } },
    { id: MIRROR.id, key },
  );
  return { ...bed, standIn };
}

describe('a mirror on B2', () => {
  it('has names of any kind as the volume has them, and times in milliseconds', async () => {
    const bed = await b2Bed();
    await bed.write(Object.fromEntries(HOSTILE_NAMES.map((name) => [join('d', name), name])));
    await utimes(join(bed.root, 'd/-'), 1.0009, 1.0009);
    await utimes(join(bed.root, 'd/*'), -1.0009, -1.0009);
    expect((await bed.plan()).new[0].files).toBe(HOSTILE_NAMES.length);
    await bed.sync();
    await bed.released(await bed.plan());
    expect(await bed.names()).toEqual({});
    await utimes(join(bed.root, 'd/-'), 1.0029, 1.0029);
    await bed.plan();
    expect(await bed.names()).toEqual({ touched: ['d/-'] });
  });

  it('is the same in its next plan, though it has times that rclone cannot count', async () => {
    const bed = await b2Bed();
    await bed.write({ late: 'late', later: 'later' });
    for (const [name, seconds] of [
      ['late', 14_000_000_000],
      ['later', 9_223_372_037],
    ] as const)
      await utimes(join(bed.root, name), seconds, seconds);
    await bed.sync();
    await bed.released(await bed.plan());
    expect(await bed.names()).toEqual({});
  });

  it('is told from what else lies in the bucket, and from what the product keeps there', async () => {
    const bed = await b2Bed();
    const client = await Client.authorized(bed.standIn.endpoint);
    for (const name of ['mirrored/not', 'mirror/gone', 'mirror/.fts/manifest', 'mirror/d/.fts/x']) {
      await client.put(name, 'x');
    }
    await bed.plan();
    expect(await bed.names()).toEqual({ 'delete-3': ['d/.fts/x', 'gone'] });
  });

  it('knows one version from another of the same size by its content, and not by its age', async () => {
    const bed = await b2Bed();
    const client = await Client.authorized(bed.standIn.endpoint);
    const hashAfter = async (content: string): Promise<string> => {
      await client.put('mirror/gone', content);
      return (await bed.plan()).losses.deletions.hash;
    };
    const first = await hashAfter('one');
    expect(await hashAfter('two')).not.toBe(first);
    expect(await hashAfter('one')).toBe(first);
  });

  it('leaves out names that B2 would not take for their length', async () => {
    const folders = Array.from({ length: 5 }, () => 'f'.repeat(200)).join('/');
    const bed = await b2Bed();
    const longest = 1024 - 'mirror/'.length - folders.length - 1;
    await bed.write({
      [`${folders}/${'x'.repeat(longest)}`]: '',
      [`${folders}/${'y'.repeat(longest + 1)}`]: '',
    });
    await bed.write({ [`${folders}/\\${'z'.repeat(longest - 2)}`]: '' }); // a backslash is stored in three bytes
    expect(await bed.plan()).toMatchObject({ omitted: { tooLong: 2 }, new: [{ files: 1 }, {}, {}] });
    await bed.upload(1);
    expect(bed.standIn.versions(BUCKET)).toHaveLength(1);
  });

  it('costs one listing, however many folders it has', async () => {
    const bed = await b2Bed();
    await bed.write({ 'a/b/1': '1', 'c/2': '2', 'd/e/f/3': '3' });
    await bed.sync();
    const before = bed.standIn.calls().byOperation.b2_list_file_names ?? 0;
    await bed.plan();
    expect((bed.standIn.calls().byOperation.b2_list_file_names ?? 0) - before).toBe(1);
  });
});

describe('no plan is made', () => {
  it('from a listing that breaks off', async () => {
    const bed = await b2Bed();
    const client = await Client.authorized(bed.standIn.endpoint);
    for (let index = 0; index <= 1000; index += 1) await client.put(`mirror/${String(index)}`);
    let pages = 0;
    const second = {
      match: ({ operation }: { operation: string }) => operation === 'b2_list_file_names' && ++pages > 1,
    };
    bed.standIn.faults.inject({ ...second, answer: { status: 500, code: 'internal_error' }, times: 100 });
    await expect(bed.plan()).rejects.toMatchObject({ type: 'RemoteUnreachable' });
    expect(pages).toBeGreaterThan(1);
    expect(await readPlan(bed.state, 'mirror')).toBeUndefined();
    bed.standIn.faults.clear();
    expect((await bed.plan()).remote.files).toBe(1001);
  });

  it.each([
    ['RemoteDenied', 'a key that is wrong', { key: 'another' }],
    ['RemoteDenied', 'a bucket that is not there', { path: 'no-such-bucket/mirror' }],
  ])('and the failure is %s with %s', async (type, _, remote) => {
    const bed = await b2Bed(remote);
    await expect(bed.plan()).rejects.toMatchObject({
      type,
      message: expect.not.stringContaining(MIRROR.key) as string,
    });
  });

  it.each([
    ['RemoteUnreachable', { status: 503, code: 'service_unavailable' }],
    ['RemoteUnreachable', { status: 429, code: 'too_many_requests' }],
    ['RemoteUnreachable', 'reset'],
    ['RemoteDenied', { status: 401, code: 'unauthorized' }],
    [
      'QuotaExceeded',
      { status: 403, code: 'transaction_cap_exceeded', message: 'Transaction cap exceeded.' },
    ],
  ] as const)('and the failure is %s after %j', async (type, answer) => {
    const bed = await b2Bed();
    bed.standIn.faults.inject({
      match: ({ operation }) => operation === 'b2_list_file_names',
      answer,
      times: 100,
    });
    await expect(bed.plan()).rejects.toMatchObject({ type });
  });

  it('and the failure is RemoteUnreachable when nobody answers', async () => {
    const bed = await b2Bed();
    await bed.standIn.close();
    await expect(bed.plan()).rejects.toMatchObject({ type: 'RemoteUnreachable' });
  });
});
