import { describe, expect, it } from 'vitest';
import { Client, send } from './client.js';
import { BUCKET, sha1Of, testStandIn } from './stand-in.js';

async function connected() {
  const standIn = await testStandIn();
  return { standIn, client: await Client.authorized(standIn.endpoint) };
}

describe('names', () => {
  it.each([
    ['1024 bytes', '%C3%BC'.repeat(512), 'ü'.repeat(512)],
    ['a plus for a space', 'a+b%20c%2Bd', 'a b c+d'],
    ['a percent sign', '100%25', '100%'],
    ['a backslash and a slash at either end', '/%5C/', '/\\/'],
  ])('are taken with %s', async (_, encoded, name) => {
    const { standIn, client } = await connected();
    expect(await client.upload(encoded, 'x')).toMatchObject({ status: 200, body: { fileName: name } });
    expect(standIn.versions(BUCKET)).toMatchObject([{ fileName: name }]);
  });

  it.each([
    ['more than 1024 bytes', `${'%C3%BC'.repeat(512)}x`],
    ['a newline', 'a%0Ab'],
    ['a NUL', 'a%00b'],
    ['DEL', 'a%7Fb'],
    ['bytes that are not UTF-8', 'a%FFb'],
    ['half an escape', '100%'],
    ['nothing', ''],
  ])('are refused with %s', async (_, encoded) => {
    const { standIn, client } = await connected();
    const { status, body } = await client.upload(encoded, 'x');
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'bad_request' });
    expect(standIn.versions(BUCKET)).toEqual([]);
  });
});

describe('content', () => {
  it('is refused when it is not what its SHA-1 says', async () => {
    const { standIn, client } = await connected();
    const wrong = await client.upload('f', 'content', { 'X-Bz-Content-Sha1': sha1Of('other') });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    const wrongAtEnd = await client.upload('f', `content${sha1Of('other')}`, {
      'X-Bz-Content-Sha1': 'hex_digits_at_end',
    });
    expect(wrongAtEnd).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    expect(standIn.versions(BUCKET)).toEqual([]);
  });

  it('may be followed by its SHA-1, or come without one', async () => {
    const { client } = await connected();
    const atEnd = await client.upload('f', `content${sha1Of('content')}`, {
      'X-Bz-Content-Sha1': 'hex_digits_at_end',
    });
    expect(atEnd.body).toMatchObject({ contentLength: 7, contentSha1: sha1Of('content') });
    const unverified = await client.upload('f', 'content', { 'X-Bz-Content-Sha1': 'do_not_verify' });
    expect(unverified.body).toMatchObject({ contentLength: 7, contentSha1: 'none' });
  });

  it('comes back by name and by id, whole or a stretch of it, with what was said of it', async () => {
    const { standIn, client } = await connected();
    const info = { 'X-Bz-Info-src_last_modified_millis': '1500000000000', 'X-Bz-Info-colour': 'bl%C3%BC' };
    const { body } = await client.upload('a%20b/%C3%BC', '0123456789', info);
    const get = (path: string, headers = {}) =>
      send(`${standIn.endpoint}/${path}`, { headers: { Authorization: client.token, ...headers } });
    const byName = await get(`file/${BUCKET}/a%20b/%C3%BC`);
    expect(byName).toMatchObject({ status: 200, body: { text: '0123456789' } });
    expect(Object.fromEntries(byName.headers)).toMatchObject({
      'content-length': '10',
      'content-type': 'text/plain',
      'x-bz-content-sha1': sha1Of('0123456789'),
      'x-bz-file-id': body.fileId,
      'x-bz-file-name': 'a%20b/%C3%BC',
      'x-bz-info-src_last_modified_millis': '1500000000000',
      'x-bz-info-colour': 'bl%C3%BC',
    });
    const byId = `b2api/v2/b2_download_file_by_id?fileId=${String(body.fileId)}`;
    for (const [range, text, shown] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ]) {
      const part = await get(byId, { Range: range });
      expect(part).toMatchObject({ status: 206, body: { text } });
      expect(part.headers.get('content-range')).toBe(shown);
    }
    expect(await get(byId, { Range: 'bytes=10-' })).toMatchObject({ status: 416 });
  });

  it('is not found by name once it is hidden, nor by a name that never was', async () => {
    const { standIn, client } = await connected();
    const fileId = await client.put('f', 'content');
    const get = async (path: string) =>
      (await send(`${standIn.endpoint}/${path}`, { headers: { Authorization: client.token } })).status;
    const hide = () => client.call('b2_hide_file', { bucketId: client.bucketId, fileName: 'f' });
    expect(await hide()).toMatchObject({ status: 200, body: { action: 'hide' } });
    expect(await hide()).toMatchObject({ status: 400, body: { code: 'already_hidden' } });
    expect(await get(`file/${BUCKET}/f`)).toBe(404);
    expect(await get(`file/${BUCKET}/g`)).toBe(404);
    expect(await get(`b2api/v1/b2_download_file_by_id?fileId=${fileId}`)).toBe(200);

    const [marker] = standIn.versions(BUCKET);
    await client.call('b2_delete_file_version', { fileName: 'f', fileId: marker?.fileId });
    expect(await get(`file/${BUCKET}/f`)).toBe(200);
  });
});

it('deletes a version only by its id and its name', async () => {
  const { standIn, client } = await connected();
  const fileId = await client.put('f');
  const wrong = await client.call('b2_delete_file_version', { fileName: 'g', fileId });
  expect(wrong).toMatchObject({ status: 400, body: { code: 'file_not_present' } });
  expect(standIn.versions(BUCKET)).toHaveLength(1);
});

it('answers what does not exist as B2 does', async () => {
  const { client } = await connected();
  const { bucketId } = client;
  for (const [operation, parameters, status, code] of [
    ['b2_hide_file', { bucketId, fileName: 'none' }, 400, 'no_such_file'],
    ['b2_delete_file_version', { fileName: 'none', fileId: 'none' }, 400, 'file_not_present'],
    ['b2_get_file_info', { fileId: 'none' }, 404, 'not_found'],
    ['b2_list_file_names', { bucketId: 'none' }, 400, 'bad_bucket_id'],
    ['b2_list_file_names', {}, 400, 'bad_request'],
    ['b2_create_bucket', { bucketName: BUCKET, bucketType: 'allPrivate' }, 400, 'duplicate_bucket_name'],
    ['b2_create_bucket', { bucketName: 'b2-x', bucketType: 'allPrivate' }, 400, 'bad_request'],
    ['b2_make_coffee', {}, 404, 'not_found'],
  ] as const)
    expect(await client.call(operation, parameters)).toMatchObject({ status, body: { code, status } });
});

it('deletes a bucket only when nothing is in it, not even a hidden version', async () => {
  const { client } = await connected();
  const fileId = await client.put('f');
  const remove = () => client.call('b2_delete_bucket', { bucketId: client.bucketId });
  expect(await remove()).toMatchObject({ status: 400, body: { code: 'cannot_delete_non_empty_bucket' } });
  await client.call('b2_delete_file_version', { fileName: 'f', fileId });
  expect(await remove()).toMatchObject({ status: 200 });
});
