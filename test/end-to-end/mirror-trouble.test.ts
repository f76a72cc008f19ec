import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import type { OperationName } from '../../src/b2-stand-in/operations.js';
import type { FaultAnswer } from '../../src/b2-stand-in/faults.js';
import {
  type MirrorEstate,
  type TestMirror,
  SLOW,
  rcloneRunning,
  slowContent,
  startMirrorEstate,
} from '../support/mirror-estate.js';
import { isInterrupted, whileStopped } from '../support/processes.js';
import { isRunning } from '../support/running-estate.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 240_000;

let estate: MirrorEstate;
beforeAll(async () => {
  estate = await startMirrorEstate();
});
afterEach(() => {
  estate.standIn.faults.clear();
});
afterAll(() => estate.remove());

function fail(operation: OperationName, answered: FaultAnswer, times: number): void {
  estate.standIn.faults.inject({ match: (it) => it.operation === operation, answer: answered, times });
}

const uploads = (mirror: TestMirror): string[] =>
  mirror
    .versions()
    .filter(({ action, fileName }) => action === 'upload' && !fileName.includes('/.fts/'))
    .map(({ fileName }) => fileName.split('/').slice(1).join('/'))
    .sort();

describe('a remote in trouble', () => {
  it(
    'that says 429, says 503 or cuts connections is asked again, and gets everything once',
    async () => {
      const mirror = await estate.mirror('shaky');
      await mirror.write({ a: 'a', b: 'b', c: 'c', d: 'd' });
      fail('b2_list_file_names', { status: 429, code: 'too_many_requests', retryAfter: 1 }, 1);
      fail('b2_upload_file', { status: 503, code: 'service_unavailable', retryAfter: 1 }, 2);
      fail('b2_upload_file', 'reset', 2);
      fail('b2_authorize_account', { status: 503, code: 'service_unavailable' }, 1);
      expect(await mirror.run()).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 4 }, verified: { files: 4 } },
      });
      expect(uploads(mirror)).toEqual(['a', 'b', 'c', 'd']);
    },
    PATIENCE_MS,
  );

  it(
    'for longer than the tools try is waited for, with the reason told, and what is there is not sent again',
    async () => {
      const mirror = await estate.mirror('away');
      await mirror.write({ a: 'a', b: 'b', z: 'z' });
      estate.standIn.faults.inject({
        match: ({ operation, fileName }) => operation === 'b2_upload_file' && fileName === 'away/z',
        answer: { status: 503, code: 'service_unavailable' },
        times: 12,
      });
      const following = mirror.follow();
      const exit = await following.ended;
      expect(answer(exit)).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 3, bytes: 3 } },
      });
      expect(exit.stderr).toMatch(/service_unavailable|503/);
      expect(uploads(mirror)).toEqual(['a', 'b', 'z']);
    },
    PATIENCE_MS,
  );

  it('that refuses the key fails the run at once', async () => {
    const mirror = await estate.mirror('denied');
    await mirror.write({ a: 'a' });
    await estate.declare(({ remotes = {} }) => {
      remotes.denied = { ...remotes.denied, secrets: { account: 'b2-id', key: 'b2-wrong' } };
    });
    expect(await mirror.run()).toMatchObject({
      outcome: 'failed',
      exitCode: 1,
      result: null,
      error: { type: 'RemoteDenied' },
    });
    expect(mirror.versions()).toEqual([]);
  });

  it('that has reached its cap fails the run at once, and goes on where it was when the cap is raised', async () => {
    const mirror = await estate.mirror('capped');
    await mirror.write({ a: 'a', b: 'b' });
    estate.standIn.faults.inject({
      match: ({ operation, fileName }) => operation === 'b2_upload_file' && fileName === 'capped/b',
      answer: { status: 403, code: 'storage_cap_exceeded', message: 'Storage cap exceeded' },
      times: 100,
    });
    expect(await mirror.run()).toMatchObject({ outcome: 'failed', error: { type: 'QuotaExceeded' } });
    estate.standIn.faults.clear();
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    expect(uploads(mirror)).toEqual(['a', 'b']);
  });

  it('whose file is not what was sent there fails the run, naming it', async () => {
    const mirror = await estate.mirror('damaged');
    await mirror.write({ 'the file': 'content' });
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    const [file] = mirror.versions().filter(({ fileName }) => fileName === 'damaged/the file');
    await estate.standIn.damage(file?.fileId ?? '');
    expect(await mirror.run()).toMatchObject({
      outcome: 'failed',
      error: { type: 'VerificationFailed', message: expect.stringContaining('the file') as string },
    });
  });
});

describe('in the middle of an upload', () => {
  it(
    '`fts cancel` returns when rclone has ended; the next run sends what is missing',
    async () => {
      const mirror = await estate.mirror('cancelled', SLOW);
      await mirror.write({ big: slowContent(), 'a/small': 's' });
      const following = mirror.follow();
      const rclone = await rcloneRunning(estate.folder, 'copy');
      await until(() => uploads(mirror).includes('a/small'));
      const cancelling = estate.follow('cancel', 'cancelled');
      await whileStopped(rclone, () => until(() => isInterrupted(rclone)));
      expect((await cancelling.ended).exitCode).toBe(0);
      expect(await isRunning(rclone)).toBe(false);
      expect(answer(await following.ended)).toMatchObject({ outcome: 'cancelled', result: null });
      expect(await mirror.names()).toEqual(['a/small']);
      await estate.declare(({ jobs }) => {
        delete jobs.cancelled?.bandwidth;
      });
      expect(await mirror.run()).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 1 } },
      });
      expect(uploads(mirror)).toEqual(['a/small', 'big']);
    },
    PATIENCE_MS,
  );

  it(
    'a host worker that is killed takes its rclone along; the next one goes on, and sends nothing twice',
    async () => {
      const mirror = await estate.mirror('killed', SLOW);
      await mirror.write({ gone: 'gone', stays: 'stays' });
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      await rm(join(mirror.root, 'gone'));
      await mirror.write({ big: slowContent(), 'a/one': '1', 'a/two': '2' });
      const following = mirror.follow();
      const rclone = await rcloneRunning(estate.folder, 'copy');
      await until(() => uploads(mirror).includes('a/one') && uploads(mirror).includes('a/two'));
      process.kill(await estate.workerPid('host-here'), 'SIGKILL');
      await until(async () => !(await isRunning(rclone)));
      await estate.worker('host').ended;
      await estate.startWorker('host');
      expect(answer(await following.ended)).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 3 }, deleted: { files: 1 }, plan: { transfers: 3, deletes: 1 } },
      });
      expect(uploads(mirror)).toEqual(['a/one', 'a/two', 'big', 'gone', 'stays']);
      expect(await mirror.names()).toEqual(['a/one', 'a/two', 'big', 'stays']);
    },
    PATIENCE_MS,
  );
});

it(
  'a host worker that is killed while it deletes leaves the rest to the next, which counts each file once',
  async () => {
    const mirror = await estate.mirror('deleting');
    await mirror.fill(30);
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    for (let i = 0; i < 12; i += 1) await rm(join(mirror.root, 'many', String(i)));
    estate.standIn.faults.inject({
      match: ({ operation, fileName }) => operation === 'b2_hide_file' && fileName === 'deleting/many/7',
      answer: 'hang',
      times: 1,
    });
    const following = mirror.follow();
    const rclone = await rcloneRunning(estate.folder, 'delete');
    const hides = () => mirror.versions().filter(({ action }) => action === 'hide').length;
    await until(() => hides() > 0);
    process.kill(await estate.workerPid('host-here'), 'SIGKILL');
    await until(async () => !(await isRunning(rclone)));
    expect(hides()).toBeLessThan(12);
    await estate.worker('host').ended;
    await mkdir(join(mirror.root, 'many'), { recursive: true });
    await mirror.write({ 'many/7': 'is back' });
    await estate.startWorker('host');
    expect(answer(await following.ended)).toMatchObject({
      outcome: 'complete',
      result: { deleted: { files: 11, bytes: 110 }, returned: 1 },
    });
    expect(await mirror.names()).toHaveLength(19);
    expect(await mirror.names()).toContain('many/7');
  },
  PATIENCE_MS,
);
