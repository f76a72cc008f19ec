import { expect, it } from 'vitest';
import { Client } from './client.js';
import { BUCKET, testStandIn } from './stand-in.js';

/** A stand-in with empty files of these names. */
async function stored(...names: string[]) {
  const standIn = await testStandIn();
  const client = await Client.authorized(standIn.endpoint);
  for (const name of names) await client.put(name);
  return { standIn, client };
}

it('orders names by their bytes in UTF-8, not as JavaScript does', async () => {
  const { client } = await stored('😀', '\uffee', 'é', 'b', 'B', 'a!', 'a/', 'a');
  const order = ['B', 'a', 'a!', 'a/', 'b', 'é', '\uffee', '😀'];
  expect(await client.list('b2_list_file_names', {})).toEqual(order);
  expect(await client.list('b2_list_file_names', { maxFileCount: 1 })).toEqual(order);
  expect(await client.list('b2_list_file_versions', { maxFileCount: 1 })).toEqual(order);
});

it('gives folders for a delimiter, and only those that hold something visible', async () => {
  const { client } = await stored('a/1', 'a/b/2', 'a/b/3', 'a/c', 'a/hidden/4', 'a0', 'b/5');
  await client.call('b2_hide_file', { bucketId: client.bucketId, fileName: 'a/hidden/4' });
  for (const maxFileCount of [1, 2, 100]) {
    const list = (prefix: string) =>
      client.list('b2_list_file_names', { prefix, startFileName: prefix, delimiter: '/', maxFileCount });
    expect(await list('')).toEqual(['folder a/', 'a0', 'folder b/']);
    expect(await list('a/')).toEqual(['a/1', 'folder a/b/', 'a/c']);
    expect(await list('nothing/')).toEqual([]);
  }
  const versions = await client.list('b2_list_file_versions', { prefix: 'a/', delimiter: '/' });
  expect(versions).toEqual(['a/1', 'folder a/b/', 'a/c', 'folder a/hidden/']);
});

it('lists versions newest first, hide markers among them', async () => {
  const { client, standIn } = await stored('f', 'f');
  await client.call('b2_hide_file', { bucketId: client.bucketId, fileName: 'f' });
  expect(await client.list('b2_list_file_names', {})).toEqual([]);
  await client.put('f');
  const order = ['f', 'hide f', 'f', 'f'];
  for (const maxFileCount of [1, 3, 100])
    expect(await client.list('b2_list_file_versions', { maxFileCount })).toEqual(order);
  const times = standIn.versions(BUCKET).map(({ uploadTimestamp }) => uploadTimestamp);
  expect(times).toEqual([...new Set(times)].sort((a, b) => b - a));
});

it('goes on where it was when the versions it was at are deleted meanwhile', async () => {
  const { client, standIn } = await stored('f', 'f', 'f', 'f', 'g');
  const deleteNext = async () => {
    const next = standIn.versions(BUCKET)[1];
    if (next) await client.call('b2_delete_file_version', { fileId: next.fileId, fileName: next.fileName });
  };
  const seen = await client.list('b2_list_file_versions', { maxFileCount: 1 }, deleteNext);
  expect(seen).toEqual(['f', 'f', 'f', 'g']);
});

it('shows a file that was overwritten between two pages once', async () => {
  const { client } = await stored('a', 'b', 'c');
  const seen = await client.list('b2_list_file_names', { maxFileCount: 1 }, () => client.put('b'));
  expect(seen).toEqual(['a', 'b', 'c']);
});

it('gives as many names a call as asked for, up to what B2 allows', async () => {
  const { client } = await stored(...Array.from({ length: 3 }, (_, index) => String(index)));
  const page = async (maxFileCount: number) =>
    (await client.call('b2_list_file_names', { bucketId: client.bucketId, maxFileCount })).body;
  expect(await page(2)).toMatchObject({ files: [{}, {}], nextFileName: '2' });
  expect(await page(0)).toMatchObject({ nextFileName: null });
  expect(await page(10_000)).toMatchObject({ nextFileName: null });
  expect(await page(10_001)).toMatchObject({ status: 400, code: 'bad_request' });
});
