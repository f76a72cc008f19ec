import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { compiled } from '../support/fts.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Client, send } from './client.js';
import { BUCKET, KEYS, MASTER, rclone, testStandIn } from './stand-in.js';

const Ready = z.object({ endpoint: z.string() });

/** The stand-in as a process of its own. */
async function startProcess(directory: string, port = 0): Promise<{ endpoint: string; child: ChildProcess }> {
  const keys = join(await temporaryFolder(), 'keys.json');
  await writeFile(keys, JSON.stringify(KEYS));
  const options = [
    '--directory',
    directory,
    '--keys',
    keys,
    '--port',
    String(port),
    '--bucket',
    BUCKET,
    '--control',
  ];
  const child = spawn(process.execPath, [compiled('src/b2-stand-in/main.js'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { ...Ready.parse(JSON.parse(line)), child };
}

it('keeps everything over a restart', async () => {
  const first = await testStandIn();
  const client = await Client.authorized(first.endpoint);
  for (const name of ['f', 'f', 'g', 'line\u2028separator']) await client.put(name, `content of ${name}`);
  await client.call('b2_hide_file', { bucketId: client.bucketId, fileName: 'g' });
  const started = await client.call('b2_start_large_file', {
    bucketId: client.bucketId,
    fileName: 'large',
    contentType: 'b2/x-auto',
  });
  const { fileId } = started.body;
  const sourceFileId = first.versions(BUCKET)[0]?.fileId;
  await client.call('b2_copy_part', { sourceFileId, largeFileId: fileId, partNumber: 1 });
  first.applyLifecycle(new Date(Date.now() + 3_600_000));
  await client.put('f', 'of the future');
  const before = first.versions(BUCKET);
  await first.close();

  const second = await testStandIn(first.directory);
  expect(second.versions(BUCKET)).toEqual(before);
  const again = await Client.authorized(second.endpoint);
  expect(again.bucketId).toBe(client.bucketId);
  expect((await again.call('b2_list_parts', { fileId })).body.parts).toMatchObject([{ partNumber: 1 }]);
  expect((await rclone(second, ['cat', `b2:${BUCKET}/f`])).stdout).toBe('of the future');
  await again.put('f', 'newer');
  expect(second.versions(BUCKET)[0]?.uploadTimestamp).toBeGreaterThan(before[0]?.uploadTimestamp ?? Infinity);
});

it('opens what a process left that was killed while it wrote', async () => {
  const first = await testStandIn();
  const client = await Client.authorized(first.endpoint);
  await client.put('whole', 'content');
  const before = first.versions(BUCKET);
  await first.close();
  await appendFile(join(first.directory, 'journal.jsonl'), '{"change":"version","version":{"fileId":"4_z');
  await writeFile(
    join(first.directory, 'content', 'f'.repeat(40)),
    'of a version that was never written down',
  );
  await writeFile(join(first.directory, 'staging', 'half'), 'an upl');

  for (const round of [1, 2]) {
    const next = await testStandIn(first.directory);
    expect(next.versions(BUCKET)).toMatchObject([
      ...Array<object>(round - 1).fill({ fileName: 'later' }),
      ...before,
    ]);
    expect(await readdir(join(first.directory, 'content'))).toHaveLength(round);
    expect(await readdir(join(first.directory, 'staging'))).toEqual([]);
    await (await Client.authorized(next.endpoint)).put('later', 'more');
    await next.close();
  }
});

it('runs as a process, which is steered over HTTP and survives being killed', async () => {
  const directory = join(await temporaryFolder(), 'b2');
  const first = await startProcess(directory);
  const control = async (what: string, body: object) =>
    (await send(`${first.endpoint}/control/${what}`, { method: 'POST', body: JSON.stringify(body) })).body;
  const put = await Client.authorized(first.endpoint).then((client) => client.put('f', 'content'));

  const answer = { status: 403, code: 'storage_cap_exceeded' };
  await control('faults', { operation: 'b2_upload_file', fileName: '^full', answer, times: 1 });
  const client = await Client.authorized(first.endpoint);
  expect((await client.upload('fits', '')).status).toBe(200);
  expect(await client.upload('full', '')).toMatchObject({ status: 403, body: answer });
  expect(await control('calls', {})).toMatchObject({ byOperation: { b2_upload_file: 3 } });
  expect(await control('versions', { bucket: BUCKET })).toMatchObject({
    versions: [{ fileName: 'f', fileId: put }, { fileName: 'fits' }],
  });
  expect(await control('lifecycle', {})).toEqual({ acts: [] });
  expect(await control('nonsense', {})).toMatchObject({ status: 404 });
  await control('damage', { fileId: put });
  const rotten = await rclone(first, ['cat', `b2:${BUCKET}/f`]);
  expect(rotten.stdout).not.toBe('content');

  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await startProcess(directory, Number(new URL(first.endpoint).port));
  expect(second.endpoint).toBe(first.endpoint);
  expect((await rclone(second, ['lsf', `b2:${BUCKET}`], { key: MASTER })).stdout).toBe('f\nfits');
  second.child.kill('SIGTERM');
  expect(await once(second.child, 'exit')).toEqual([0, null]);
});

it('is not steered over HTTP unless that was asked for', async () => {
  const standIn = await testStandIn();
  const answer = await send(`${standIn.endpoint}/control/calls`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(404);
});
