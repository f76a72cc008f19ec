import { randomBytes } from 'node:crypto';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { expect, it, onTestFinished } from 'vitest';
import { drillProblem } from '../../src/domain/drill.js';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import { BUCKET, MASTER, READER, rclone, remoteEnvironment, testStandIn } from '../b2-stand-in/stand-in.js';
import { makeDrillEstate } from '../support/drill-estate.js';
import { makeQuickRepository } from '../support/quick-repository.js';

const TIMEOUT = 240_000;

/** An estate whose repository plain restic made in a bucket, through rclone, and which has a key for it. */
async function remoteBed(key: ApplicationKey) {
  const standIn = await testStandIn();
  const estate = await makeDrillEstate();
  onTestFinished(() => estate.remove());
  const options = { endpoint: standIn.endpoint };
  const secrets = { account: 'id', key: 'key' };
  await estate.change({
    remotes: { cloud: { type: 'b2', path: BUCKET, options, secrets } },
    repositories: { away: { host: 'here', remote: 'cloud', path: 'restic', password: 'password' } },
    jobs: {
      save: { kind: 'snapshot', volume: 'flux', repository: 'away', keep: { last: 3 } },
      drill: { kind: 'drill', repository: 'away' },
      check: { kind: 'check', repository: 'away', readData: '1/1' },
    },
  });
  const values = { password: 'canary', id: key.id, key: key.key };
  await writeFile(estate.secrets, stringify(values), { mode: 0o600 });
  await writeFile(join(estate.flux, 'large'), randomBytes(3_000_000));
  await writeFile(join(estate.flux, 'changing'), 'first');
  const env = { ...remoteEnvironment(standIn.endpoint, MASTER), RESTIC_PASSWORD: 'canary' };
  const restic = (...args: string[]) =>
    execa('restic', ['--repo', `rclone:b2:${BUCKET}/restic`, ...args], { env });
  const made = join(estate.folder, 'made');
  await makeQuickRepository(made, 'canary');
  await rclone(standIn, ['copy', made, `b2:${BUCKET}/restic`]);
  await restic('backup', estate.flux);
  await writeFile(join(estate.flux, 'changing'), 'other');
  /** Turns one bit of the largest object. */
  const tamper = async (): Promise<void> => {
    const names = await readdir(standIn.directory, { recursive: true, withFileTypes: true });
    const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    const sizes = await Promise.all(files.map(async (file) => ({ file, size: (await stat(file)).size })));
    const [{ file, size } = { file: '', size: 0 }] = sizes.sort((one, other) => other.size - one.size);
    const content = await readFile(file);
    content[size >> 1] = (content[size >> 1] ?? 0) ^ 1;
    await writeFile(file, content);
  };
  return { ...estate, tamper };
}

it(
  'a repository behind a bucket is drilled and checked, and what went bad in it is found by both',
  async () => {
    const bed = await remoteBed(MASTER);
    const good = await bed.drill();
    expect(drillProblem(good)).toBeUndefined();
    expect(good).toMatchObject({ compared: { files: 2 }, comparedLive: 1, negativeControl: 'caught' });
    expect(good).not.toHaveProperty('unlocked');
    const check = async () => bed.run(bed.activities.checkPart, await bed.request('check'));
    expect(await check()).toMatchObject({ errors: 0, covered: { share: 1 } });
    await bed.tamper();
    expect(drillProblem(await bed.drill())).toMatchObject({ type: 'VerificationFailed' });
    expect(await check()).toMatchObject({ errors: 1, failure: { type: 'RepositoryDamaged' } });
  },
  TIMEOUT,
);

it(
  'a repository that can only be read is drilled without a lock, which is said',
  async () => {
    const bed = await remoteBed(READER);
    const result = await bed.drill();
    expect(drillProblem(result)).toBeUndefined();
    expect(result).toMatchObject({ compared: { files: 2 }, unlocked: true });
  },
  TIMEOUT,
);
