import { describe, expect, it } from 'vitest';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import { startB2StandIn } from '../../src/b2-stand-in/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { authorize, Client, send } from './client.js';
import { BUCKET, KEYS, MASTER, MIRROR, testStandIn } from './stand-in.js';

const DAY_MS = 86_400_000;

describe('an account', () => {
  it('is described as each version of the API does', async () => {
    const standIn = await testStandIn();
    const { capabilities } = MIRROR;
    const bucketId: unknown = expect.stringMatching(/^[0-9a-f]{24}$/);
    const allowed = { capabilities, bucketId, bucketName: BUCKET, namePrefix: null };
    const described = async (version: number) => (await authorize(standIn.endpoint, MIRROR, version)).body;
    const addresses = {
      apiUrl: standIn.endpoint,
      downloadUrl: standIn.endpoint,
      recommendedPartSize: 100_000_000,
    };
    expect(await described(1)).toMatchObject({ ...addresses, allowed, minimumPartSize: 100_000_000 });
    expect(await described(2)).toMatchObject({ ...addresses, allowed });
    expect(await described(3)).toMatchObject({ apiInfo: { storageApi: { ...addresses, ...allowed } } });
    const buckets = [{ id: bucketId, name: BUCKET }];
    const v4 = { ...addresses, allowed: { capabilities, buckets, namePrefix: null } };
    expect(await described(4)).toMatchObject({ apiInfo: { storageApi: v4 } });
  });

  it('needs a token, the right one, for a day', async () => {
    const standIn = await testStandIn();
    const client = await Client.authorized(standIn.endpoint);
    const list = async (token?: string) => {
      const headers = token === undefined ? {} : { Authorization: token };
      const url = `${standIn.endpoint}/b2api/v2/b2_list_buckets`;
      const { status, body } = await send(url, { method: 'POST', headers, body: '{}' });
      return status === 200 ? 'ok' : body.code;
    };
    expect(await list()).toBe('bad_auth_token');
    expect(await list('invented')).toBe('bad_auth_token');
    expect(await list(client.token)).toBe('ok');
    standIn.applyLifecycle(new Date(Date.now() + DAY_MS + 60_000));
    expect(await list(client.token)).toBe('expired_auth_token');
  });
});

it.each([
  ['listBuckets', 'b2_list_buckets'],
  ['writeBuckets', 'b2_create_bucket'],
  ['writeBuckets', 'b2_update_bucket'],
  ['deleteBuckets', 'b2_delete_bucket'],
  ['listFiles', 'b2_list_file_names'],
  ['listFiles', 'b2_list_file_versions'],
  ['listFiles', 'b2_list_unfinished_large_files'],
  ['readFiles', 'b2_get_file_info'],
  ['readFiles', 'b2_download_file_by_id'],
  ['readFiles', 'b2_copy_file'],
  ['readFiles', 'b2_copy_part'],
  ['writeFiles', 'b2_copy_file'],
  ['writeFiles', 'b2_get_upload_url'],
  ['writeFiles', 'b2_start_large_file'],
  ['writeFiles', 'b2_finish_large_file'],
  ['writeFiles', 'b2_cancel_large_file'],
  ['writeFiles', 'b2_list_parts'],
  ['writeFiles', 'b2_hide_file'],
  ['deleteFiles', 'b2_delete_file_version'],
  ['shareFiles', 'b2_get_download_authorization'],
] as const)('without %s there is no %s', async (missing, operation) => {
  const poor: ApplicationKey = {
    ...{ id: 'poor', key: 'poor' },
    capabilities: MASTER.capabilities.filter((it) => it !== missing),
  };
  const standIn = await startB2StandIn({ directory: await temporaryFolder(), keys: [poor] });
  const { authorizationToken } = (await authorize(standIn.endpoint, poor)).body;
  const url = `${standIn.endpoint}/b2api/v2/${operation}`;
  const headers = { Authorization: String(authorizationToken) };
  const answer = await send(url, { method: 'POST', headers, body: '{}' });
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  await standIn.close();
});

it('keeps a key with a prefix to it', async () => {
  const prefixed: ApplicationKey = { ...MASTER, id: 'prefixed', bucket: BUCKET, namePrefix: 'mine/' };
  const directory = await temporaryFolder();
  const standIn = await startB2StandIn({ directory, keys: [...KEYS, prefixed], buckets: [BUCKET] });
  const [all, own] = [
    await Client.authorized(standIn.endpoint),
    await Client.authorized(standIn.endpoint, prefixed),
  ];
  const fileId = await all.put('other/f');
  await own.put('mine/f');
  const { bucketId } = own;
  expect(await own.upload('other%2Fg', 'x')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  for (const [operation, parameters] of [
    ['b2_hide_file', { bucketId, fileName: 'other/f' }],
    ['b2_get_file_info', { fileId }],
    ['b2_delete_file_version', { fileName: 'other/f', fileId }],
    ['b2_list_file_names', { bucketId }],
    ['b2_copy_file', { sourceFileId: fileId, fileName: 'mine/g' }],
  ] as const)
    expect(await own.call(operation, parameters)).toMatchObject({
      status: 401,
      body: { code: 'unauthorized' },
    });
  expect(await own.list('b2_list_file_names', { prefix: 'mine/' })).toEqual(['mine/f']);
  // The first version of the API narrows the listing instead.
  const narrowed = await own.call('b2_list_file_names', { bucketId }, 1);
  expect(narrowed.body.files).toMatchObject([{ fileName: 'mine/f', size: 0 }]);
  await standIn.close();
});

it('takes an upload token at its own address only', async () => {
  const client = await Client.authorized((await testStandIn()).endpoint);
  const { body } = await client.call('b2_get_upload_url', { bucketId: client.bucketId });
  const headers = { Authorization: String(body.authorizationToken), 'X-Bz-File-Name': 'f' };
  const elsewhere = String(body.uploadUrl).replace(client.bucketId, 'another');
  const answer = await send(elsewhere, { method: 'POST', headers, body: '' });
  expect(answer).toMatchObject({ status: 401, body: { code: 'bad_auth_token' } });
});

it('gives links that open what is below a prefix, for as long as agreed', async () => {
  const standIn = await testStandIn();
  const client = await Client.authorized(standIn.endpoint);
  for (const name of ['shared/f', 'private/f']) await client.put(name, name);
  const { body } = await client.call('b2_get_download_authorization', {
    bucketId: client.bucketId,
    fileNamePrefix: 'shared/',
    validDurationInSeconds: 3600,
  });
  const get = (name: string) =>
    send(`${standIn.endpoint}/file/${BUCKET}/${name}?Authorization=${String(body.authorizationToken)}`, {});
  expect(await get('shared/f')).toMatchObject({ status: 200, body: { text: 'shared/f' } });
  expect(await get('private/f')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  standIn.applyLifecycle(new Date(Date.now() + 3_700_000));
  expect(await get('shared/f')).toMatchObject({ status: 401, body: { code: 'expired_auth_token' } });
});
