import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FaultAnswer, FaultRequest } from '../../src/b2-stand-in/faults.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { BUCKET, rclone, testStandIn } from './stand-in.js';

const REMOTE = `b2:${BUCKET}`;

const uploads = ({ operation }: FaultRequest): boolean => operation === 'b2_upload_file';
const listings = ({ operation }: FaultRequest): boolean => operation === 'b2_list_file_names';

/** `rclone copy` of one file of 100 kB to a stand-in with a fault. */
async function copyWith(
  fault: { match: typeof uploads; answer: FaultAnswer; times?: number },
  ...options: string[]
) {
  const [standIn, folder] = [await testStandIn(), await temporaryFolder()];
  await writeFile(join(folder, 'file'), Buffer.alloc(100_000, 'x'));
  standIn.faults.inject({ times: 1, ...fault });
  const { exitCode, stderr } = await rclone(standIn, ['copy', ...options, folder, REMOTE]);
  return { standIn, folder, exitCode, stderr: stderr?.toString() ?? '' };
}

describe('what heals', () => {
  it.each([
    ['503 with Retry-After', uploads, { status: 503, code: 'service_unavailable', retryAfter: 1 }],
    ['429 with Retry-After', listings, { status: 429, code: 'too_many_requests', retryAfter: 1 }],
    ['an expired token', listings, { status: 401, code: 'expired_auth_token' }],
    ['an expired upload token', uploads, { status: 401, code: 'expired_auth_token' }],
    ['a reset in a listing', listings, 'reset'],
    ['a server error', listings, { status: 500, code: 'internal_error' }],
  ] as const)('%s', async (_, match, answer) => {
    const { standIn, exitCode, folder } = await copyWith(
      { match, answer },
      '--retries',
      '3',
      '--retries-sleep',
      '1ms',
    );
    expect(exitCode).toBe(0);
    expect(standIn.versions(BUCKET)).toMatchObject([{ fileName: 'file', contentLength: 100_000 }]);
    expect(await rclone(standIn, ['check', folder, REMOTE])).toMatchObject({ exitCode: 0 });
  });

  it('a reset in an upload, of which nothing is stored', async () => {
    const { standIn, exitCode } = await copyWith(
      { match: uploads, answer: 'reset' },
      '--low-level-retries',
      '1',
    );
    expect(exitCode).toBe(5);
    expect(standIn.versions(BUCKET)).toEqual([]);
    const again = await copyWith({ match: uploads, answer: 'reset' });
    expect(again.exitCode).toBe(0);
    expect(again.standIn.versions(BUCKET)).toHaveLength(1);
  });
});

it('waits as long as Retry-After says', async () => {
  const { stderr } = await copyWith(
    { match: uploads, answer: { status: 503, code: 'busy', retryAfter: 2 } },
    '-vv',
    '--retries',
    '2',
  );
  expect(stderr).toMatch(/increasing sleep to 2s/);
});

it('a cap ends a run at once, with exit code 7', async () => {
  const cap = { status: 403, code: 'storage_cap_exceeded', message: 'Usage cap exceeded' };
  const { standIn, exitCode, stderr } = await copyWith(
    { match: uploads, answer: cap, times: 100 },
    '--retries',
    '3',
  );
  expect(exitCode).toBe(7);
  expect(stderr).toContain('403 storage_cap_exceeded');
  expect(standIn.calls().byOperation.b2_upload_file).toBe(1);
});

it('a hanging answer is what a timeout of rclone’s ends', async () => {
  const { standIn, exitCode } = await copyWith(
    { match: uploads, answer: 'hang' },
    '--timeout',
    '1s',
    '--retries',
    '2',
  );
  expect(exitCode).toBe(0);
  expect(standIn.calls().byOperation.b2_upload_file).toBe(2);
});

it('an answer that is lost leaves what was done', async () => {
  const fault = { match: uploads, answer: 'reset', moment: 'after' } as const;
  const { standIn, exitCode } = await copyWith(fault, '--low-level-retries', '1');
  expect(exitCode).toBe(5);
  expect(standIn.versions(BUCKET)).toMatchObject([{ fileName: 'file', contentLength: 100_000 }]);
  const repeated = await copyWith(fault);
  expect(repeated.exitCode).toBe(0);
  expect(repeated.standIn.versions(BUCKET)).toHaveLength(2);
});

it('a reset in a download is asked for again', async () => {
  const { standIn } = await copyWith({ match: () => false, answer: 'hang' });
  const downloads = ({ operation }: FaultRequest) => operation.startsWith('b2_download_file');
  standIn.faults.inject({ match: downloads, answer: 'reset', times: 2 });
  const { stdout } = await rclone(standIn, ['cat', `${REMOTE}/file`]);
  expect(stdout).toHaveLength(100_000);
});

it('strikes as often as asked, where asked, and not after it was cleared', async () => {
  const [standIn, folder] = [await testStandIn(), await temporaryFolder()];
  for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), name);
  const onB = ({ operation, fileName }: FaultRequest) => operation === 'b2_upload_file' && fileName === 'b';
  standIn.faults.inject({ match: onB, answer: { status: 400, code: 'bad_request' }, times: 2 });
  const stored = async () => {
    await rclone(standIn, ['copy', '--retries', '1', folder, REMOTE]);
    return standIn.versions(BUCKET).map(({ fileName }) => fileName);
  };
  expect(await stored()).not.toContain('b');
  expect(await stored()).toEqual(['a', 'c']);
  expect(await stored()).toEqual(['a', 'b', 'c']);

  standIn.faults.inject({ match: () => true, answer: { status: 500, code: 'internal_error' }, times: 100 });
  standIn.faults.clear();
  expect(await rclone(standIn, ['lsf', '--low-level-retries', '1', REMOTE])).toMatchObject({ exitCode: 0 });
});
