import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { B2StandIn } from '../../src/b2-stand-in/server.js';
import { BUCKET, MASTER, testStandIn } from '../b2-stand-in/stand-in.js';
import { type ResticEstate, firstRun, makeResticEstate, snapshotJob } from '../support/restic-estate.js';

let estate: ResticEstate;
let standIn: B2StandIn;

beforeEach(async () => {
  standIn = await testStandIn();
  const options = { endpoint: standIn.endpoint };
  const secrets = { account: 'b2-id', key: 'b2-key' };
  estate = await makeResticEstate({
    remotes: { cloud: { type: 'b2', path: BUCKET, options, secrets } },
    repositories: { away: { host: 'here', remote: 'cloud', path: 'restic', password: 'password' } },
    jobs: { save: snapshotJob({ repository: 'away' }) },
  });
  await appendFile(estate.secrets, `b2-id: ${MASTER.id}\nb2-key: ${MASTER.key}\n`);
  await firstRun(estate);
});
afterEach(() => estate.remove());

async function save(): Promise<unknown> {
  await writeFile(join(estate.flux, 'file'), randomBytes(100_000));
  return estate.run(estate.activities.takeSnapshot, await estate.request());
}

it.each([
  ['when it is opened', /restic\/locks\//],
  ['in the middle of a backup', /restic\/data\//],
])('that the account has no room left is told at once, with what to do: %s', async (_, name) => {
  standIn.faults.inject({
    match: ({ operation, fileName = '' }) => operation === 'b2_upload_file' && name.test(fileName),
    answer: {
      status: 403,
      code: 'storage_cap_exceeded',
      message: 'Cannot upload files, storage cap exceeded.',
    },
    times: 1000,
  });
  expect(await save().catch((error: unknown) => error)).toMatchObject({
    type: 'QuotaExceeded',
    nonRetryable: true,
    message: expect.stringContaining('storage cap exceeded') as string,
    details: [{ hint: "raise the account's cap, or make room, then run the job again" }],
  });
  standIn.faults.clear();
  expect(await save()).toMatchObject({ snapshotId: expect.any(String) as string });
});
