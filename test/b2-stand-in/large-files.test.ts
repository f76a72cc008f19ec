import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../support/until.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Client } from './client.js';
import { BUCKET, MIRROR, rclone, sha1Of, testStandIn } from './stand-in.js';

const REMOTE = `b2:${BUCKET}`;
const IN_PARTS = ['--b2-upload-cutoff', '5Mi', '--b2-chunk-size', '5Mi', '--b2-copy-cutoff', '5Mi'];
const SIZE = 11 * 2 ** 20;

async function largeFile() {
  const folder = await temporaryFolder();
  const content = randomBytes(SIZE);
  await writeFile(join(folder, 'large'), content);
  return { folder, sha1: sha1Of(content) };
}

/** rclone on its way with a large upload of which one part is stored and the next ones are stuck. */
async function stuckUpload(signal: NodeJS.Signals) {
  const [standIn, { folder }] = [await testStandIn(), await largeFile()];
  let parts = 0;
  standIn.faults.inject({
    match: ({ operation }) => operation === 'b2_upload_part' && (parts += 1) > 1,
    answer: 'hang',
    times: 100,
  });
  const upload = rclone(standIn, ['copy', ...IN_PARTS, folder, REMOTE], { key: MIRROR });
  const client = await Client.authorized(standIn.endpoint);
  await until(async () => {
    const [started] = standIn.versions(BUCKET);
    if (!started) return false;
    const { body } = await client.call('b2_list_parts', { fileId: started.fileId });
    return Array.isArray(body.parts) && body.parts.length === 1 && parts === 3;
  });
  upload.kill(signal);
  await upload;
  return { standIn, client };
}

it('puts the parts of a file together, and copies it in parts', async () => {
  const [standIn, { folder, sha1 }] = [await testStandIn(), await largeFile()];
  expect(await rclone(standIn, ['sync', ...IN_PARTS, folder, REMOTE], { key: MIRROR })).toMatchObject({
    exitCode: 0,
  });
  const [stored] = standIn.versions(BUCKET);
  expect(stored).toMatchObject({ action: 'upload', contentLength: SIZE, contentSha1: 'none' });
  expect(stored?.fileInfo.large_file_sha1).toBe(sha1);
  expect(stored?.pieces).toHaveLength(3);
  expect(await rclone(standIn, ['check', '--download', folder, REMOTE])).toMatchObject({ exitCode: 0 });
  const middle = await rclone(standIn, ['cat', '--offset', '5242000', '--count', '2000', `${REMOTE}/large`], {
    encoding: 'buffer',
  });
  expect(middle.stdout).toHaveLength(2000);

  await utimes(join(folder, 'large'), 1_000_000_000, 1_000_000_000);
  expect(await rclone(standIn, ['sync', ...IN_PARTS, folder, REMOTE], { key: MIRROR })).toMatchObject({
    exitCode: 0,
  });
  expect(standIn.calls().byOperation).toMatchObject({ b2_upload_part: 3, b2_copy_part: 3 });
  expect(standIn.versions(BUCKET)).toHaveLength(2);
  expect(await rclone(standIn, ['check', '--download', folder, REMOTE])).toMatchObject({ exitCode: 0 });
});

it('keeps what a killed rclone leaves of a large upload, until a lifecycle rule drops it', async () => {
  const { standIn, client } = await stuckUpload('SIGKILL');
  expect(standIn.versions(BUCKET)).toMatchObject([{ action: 'start', fileName: 'large' }]);
  const unfinished = await client.call('b2_list_unfinished_large_files', { bucketId: client.bucketId });
  expect(unfinished.body.files).toMatchObject([{ fileName: 'large', action: 'start' }]);
  const listed = async (...options: string[]) => (await rclone(standIn, ['lsf', ...options, REMOTE])).stdout;
  expect(await listed()).toBe('');
  expect(await listed('--b2-versions')).toBe('large');

  await rclone(standIn, [
    'backend',
    'lifecycle',
    REMOTE,
    '-o',
    'daysFromStartingToCancelingUnfinishedLargeFiles=2',
  ]);
  const days = (count: number) => new Date(Date.now() + count * 86_400_000 + 60_000);
  expect(standIn.applyLifecycle(days(1))).toEqual([]);
  expect(standIn.applyLifecycle(days(2))).toMatchObject([{ fileName: 'large', act: 'cancelled' }]);
  expect(standIn.versions(BUCKET)).toEqual([]);
  expect(await readdir(join(standIn.directory, 'content'))).toEqual([]);
});

it('forgets a large upload that rclone cancels on SIGTERM', async () => {
  const { standIn } = await stuckUpload('SIGTERM');
  expect(standIn.calls().byOperation.b2_cancel_large_file).toBe(1);
  expect(standIn.versions(BUCKET)).toEqual([]);
});

it('refuses to finish a file whose parts are missing, too small or other ones', async () => {
  const standIn = await testStandIn();
  const client = await Client.authorized(standIn.endpoint);
  const started = await client.call('b2_start_large_file', {
    bucketId: client.bucketId,
    fileName: 'large',
    contentType: 'b2/x-auto',
  });
  const { fileId } = started.body;
  const finish = async (...partSha1Array: string[]) =>
    (await client.call('b2_finish_large_file', { fileId, partSha1Array })).body.code;
  const source = await client.put('source', 'small');
  for (const partNumber of [1, 3])
    await client.call('b2_copy_part', { sourceFileId: source, largeFileId: fileId, partNumber });
  const sha1 = sha1Of('small');
  expect(await finish(sha1, sha1, sha1)).toBe('bad_request');
  expect(await finish(sha1)).toBe('bad_request');
  await client.call('b2_copy_part', { sourceFileId: source, largeFileId: fileId, partNumber: 2 });
  expect(await finish(sha1, sha1, sha1)).toBe('bad_request');
  expect(await finish(sha1Of('other'), sha1, sha1)).toBe('part_sha1_mismatch');
  expect(standIn.versions(BUCKET)).toMatchObject([{ action: 'start' }, { fileName: 'source' }]);
  await client.call('b2_cancel_large_file', { fileId });
  expect(standIn.versions(BUCKET)).toMatchObject([{ fileName: 'source' }]);
  expect(await finish(sha1, sha1, sha1)).toBe('bad_request');
});

it('drops a part that arrives when its file was cancelled meanwhile', async () => {
  const standIn = await testStandIn();
  const client = await Client.authorized(standIn.endpoint);
  const { bucketId } = client;
  const started = await client.call('b2_start_large_file', {
    bucketId,
    fileName: 'f',
    contentType: 'b2/x-auto',
  });
  const { fileId } = started.body;
  const { body } = await client.call('b2_get_upload_part_url', { fileId });
  const headers = {
    Authorization: String(body.authorizationToken),
    'Content-Length': 6,
    'X-Bz-Part-Number': 1,
    'X-Bz-Content-Sha1': sha1Of('abcdef'),
  };
  const part = request(String(body.uploadUrl), { method: 'POST', headers });
  const answered = once(part, 'response') as Promise<[IncomingMessage]>;
  part.write('abc');
  await until(async () => (await readdir(join(standIn.directory, 'staging'))).length === 1);
  await client.call('b2_cancel_large_file', { fileId });
  part.end('def');
  const [{ statusCode }] = await answered;
  expect(statusCode).toBe(400);
  for (const folder of ['staging', 'content'])
    expect(await readdir(join(standIn.directory, folder))).toEqual([]);
});
