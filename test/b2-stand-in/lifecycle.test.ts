import { describe, expect, it } from 'vitest';
import { Client } from './client.js';
import { BUCKET, testStandIn } from './stand-in.js';

const DAY_MS = 86_400_000;

async function withRules(...lifecycleRules: object[]) {
  const standIn = await testStandIn();
  const client = await Client.authorized(standIn.endpoint);
  const { bucketId } = client;
  expect(await client.call('b2_update_bucket', { bucketId, lifecycleRules })).toMatchObject({ status: 200 });
  let days = 0;
  return {
    client,
    hide: (fileName: string) => client.call('b2_hide_file', { bucketId, fileName }),
    /** What the rules did once so many more days were over. */
    after: (more: number) => {
      days += more;
      const acts = standIn.applyLifecycle(new Date(Date.now() + days * DAY_MS + 60_000));
      return acts.map(({ fileName, act }) => `${act} ${fileName}`);
    },
    left: () => standIn.versions(BUCKET).map(({ action, fileName }) => `${action} ${fileName}`),
  };
}

describe('daysFromHidingToDeleting', () => {
  it('deletes what was hidden or overwritten so long ago, and then the marker', async () => {
    const { client, hide, after, left } = await withRules({
      fileNamePrefix: '',
      daysFromHidingToDeleting: 30,
    });
    for (const name of ['hidden', 'kept', 'overwritten', 'overwritten']) await client.put(name);
    await hide('hidden');
    expect(after(29)).toEqual([]);
    expect(after(1)).toEqual(['deleted hidden', 'deleted hidden', 'deleted overwritten']);
    expect(left()).toEqual(['upload kept', 'upload overwritten']);
    expect(after(365)).toEqual([]);
  });

  it('counts from when a version was hidden, not from when it was stored', async () => {
    const { client, after, left } = await withRules({ fileNamePrefix: '', daysFromHidingToDeleting: 30 });
    await client.put('f');
    after(100);
    const later = await Client.authorized(client.endpoint);
    await later.put('f');
    expect(after(29)).toEqual([]);
    expect(left()).toHaveLength(2);
    expect(after(2)).toEqual(['deleted f']);
  });
});

it('daysFromUploadingToHiding hides what was not replaced for so long', async () => {
  const { client, after, left } = await withRules({
    fileNamePrefix: 'logs/',
    daysFromUploadingToHiding: 7,
    daysFromHidingToDeleting: 2,
  });
  for (const name of ['logs/old', 'other']) await client.put(name);
  expect(after(7)).toEqual(['hidden logs/old']);
  expect(left()).toEqual(['hide logs/old', 'upload logs/old', 'upload other']);
  expect(after(1)).toEqual([]);
  expect(after(1)).toEqual(['deleted logs/old', 'deleted logs/old']);
  expect(left()).toEqual(['upload other']);
});

it.each([
  ['that does nothing', [{ fileNamePrefix: '' }]],
  ['of no days', [{ fileNamePrefix: '', daysFromHidingToDeleting: 0 }]],
  [
    'about the files of another',
    [
      { fileNamePrefix: 'a/b', daysFromHidingToDeleting: 1 },
      { fileNamePrefix: 'a/', daysFromHidingToDeleting: 1 },
    ],
  ],
])('refuses a rule %s', async (_, lifecycleRules) => {
  const client = await Client.authorized((await testStandIn()).endpoint);
  const answer = await client.call('b2_update_bucket', { bucketId: client.bucketId, lifecycleRules });
  expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } });
});
