import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runRclone } from '../../src/adapters/rclone.js';
import type { RcloneProblem } from '../../src/adapters/rclone-failure.js';
import { BUCKET, MIRROR, testStandIn } from '../b2-stand-in/stand-in.js';
import { fakeTool } from '../support/fake-tool.js';
import { mirrorBed } from '../support/mirror-bed.js';

async function b2Bed() {
  const standIn = await testStandIn();
  const bed = await mirrorBed(
    {
      type: 'b2',
      path: BUCKET,
      options: { endpoint: standIn.endpoint },
      secrets: { account: 'id', key: 'key' },
    },
    { id: MIRROR.id, key: MIRROR.key },
  );
  return { ...bed, standIn };
}

describe('rclone', () => {
  it('is told settings and secrets by its environment only', async () => {
    const { remote } = await b2Bed();
    expect(remote.root).toBe(`fts:${BUCKET}`);
    expect(remote.environment).toMatchObject({
      ...{ RCLONE_CONFIG: '/dev/null', RCLONE_CONFIG_FTS_TYPE: 'b2', RCLONE_CONFIG_FTS_KEY: MIRROR.key },
    });
    expect(remote.root + remote.lock).not.toContain(MIRROR.key);
  });

  it("takes a relative path of this machine's own as the estate file does", async () => {
    const bed = await mirrorBed({ type: 'local', path: 'copies/space' });
    expect(bed.remote.root).toBe(`fts,encoding="Slash,Dot":${bed.folder}/copies/space`);
  });

  it('returns when single files failed, each of which is told', async () => {
    const bed = await mirrorBed();
    await bed.write({ good: '1', '403 forbidden': '2', 'connection refused': '3' });
    for (const name of ['403 forbidden', 'connection refused']) await chmod(join(bed.root, name), 0);
    await bed.withoutCapabilities();
    const problems: RcloneProblem[] = [];
    const { exitCode } = await runRclone(bed.remote, {
      args: ['copy', '.', bed.remote.root],
      directory: bed.root,
      onProblem: (problem) => problems.push(problem),
    });
    expect(exitCode).toBe(1);
    expect(problems.map(({ object }) => object).sort()).toEqual(['403 forbidden', 'connection refused']);
  });

  it.each([
    [
      'QuotaExceeded',
      { status: 403, code: 'cap_exceeded', message: 'Cannot upload files, storage cap exceeded.' },
    ],
    ['RemoteDenied', { status: 401, code: 'unauthorized' }],
    ['RemoteUnreachable', { status: 500, code: 'internal_error' }],
    ['RemoteUnreachable', 'reset'],
  ] as const)('fails with %s when the remote answers an upload with %j', async (type, answer) => {
    const bed = await b2Bed();
    await bed.write({ file: '1' });
    bed.standIn.faults.inject({
      match: ({ operation }) => operation === 'b2_upload_file',
      answer,
      times: 100,
    });
    const waits: string[] = [];
    const call = { args: ['copy', '.', bed.remote.root], directory: bed.root };
    await expect(
      runRclone(bed.remote, { ...call, onWaiting: (reason) => waits.push(reason) }),
    ).rejects.toMatchObject({ type });
    expect(waits.length > 0).toBe(type === 'RemoteUnreachable');
  });

  it('tells how far it is', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '11', two: '2' });
    const seen: unknown[] = [];
    await runRclone(bed.remote, {
      args: ['copy', '.', bed.remote.root],
      directory: bed.root,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.at(-1)).toMatchObject({ bytes: 3, totalBytes: 3, files: 2, totalFiles: 2 });
  });

  it('is interrupted by its signal, and gives up the lock', async () => {
    const bed = await b2Bed();
    bed.standIn.faults.inject({
      match: ({ operation }) => operation === 'b2_list_file_names',
      answer: 'hang',
      times: 1,
    });
    const cancelled = new AbortController();
    const call = { args: ['lsf', bed.remote.root] };
    const run = runRclone(bed.remote, { ...call, signal: cancelled.signal });
    const asked = () => bed.standIn.calls().byOperation.b2_list_file_names ?? 0;
    await Promise.race([expect.poll(asked).toBe(1), run]);
    await expect(runRclone(bed.remote, call)).rejects.toMatchObject({ type: 'Busy' });
    await runRclone(bed.remote, { ...call, locked: false });
    cancelled.abort(new Error('cancelled by a person'));
    await expect(run).rejects.toThrow('cancelled by a person');
    await runRclone(bed.remote, call);
  });

  it('says what it said last when it does not know an option', async () => {
    const bed = await mirrorBed();
    await expect(runRclone(bed.remote, { args: ['lsf', '--no-such-option'] })).rejects.toMatchObject({
      type: 'ToolFailed',
      message: expect.stringContaining('--no-such-option') as string,
    });
  });

  it('that is killed has not succeeded, whatever it told before', async () => {
    const bed = await mirrorBed();
    const told = '{"level":"error","msg":"permission denied","object":"one"}';
    bed.remote.rclone = await fakeTool(bed.folder, 'rclone', `echo '${told}' >&2; kill -9 $$`);
    await expect(runRclone(bed.remote, { args: ['lsf'] })).rejects.toMatchObject({
      message: expect.stringContaining('was killed') as string,
    });
  });
});
