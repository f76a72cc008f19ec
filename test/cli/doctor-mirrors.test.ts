import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import { Client } from '../b2-stand-in/client.js';
import { BUCKET, MASTER, MIRROR, testStandIn } from '../b2-stand-in/stand-in.js';
import { answer, fts } from './fts.js';
import { makeSandbox } from './sandbox.js';

interface Finding {
  area: string;
  state: string;
  message: string;
  fix?: string;
}

interface Setting {
  key?: ApplicationKey;
  path?: string;
  more?: string;
}

const OWNERS = (prefix: string, days = 30): string =>
  `b2 bucket update --lifecycle-rules '[{"fileNamePrefix":"${prefix}","daysFromHidingToDeleting":${String(days)}}]' ${BUCKET}`;

/** An estate with one mirror to a stand-in, and a look at what `fts doctor` says of its remote. */
async function mirrored({ key = MIRROR, path = BUCKET, more = '' }: Setting = {}) {
  const standIn = await testStandIn();
  const client = await Client.authorized(standIn.endpoint);
  const sandbox = await makeSandbox();
  onTestFinished(() => sandbox.remove());
  const estate = join(sandbox.folder, 'here.yaml');
  await writeFile(
    estate,
    `estate: box
timezone: Europe/Paris
hosts: { here: { platform: linux, hostname: ${hostname()} } }
volumes: { space: { host: here, mountpoint: space, filesystem: directory } }
remotes:
  cloud: { type: b2, path: ${path}, options: { endpoint: '${standIn.endpoint}' }, secrets: { account: id, key: key }${more} }
jobs: { nightly: { kind: mirror, volume: space, remote: cloud } }
secrets: { provider: file, path: secrets.yaml }
`,
  );
  await writeFile(join(sandbox.folder, 'secrets.yaml'), `id: ${key.id}\nkey: ${key.key}\n`, { mode: 0o600 });
  const rules = async (): Promise<unknown> => {
    const { body } = await client.call('b2_list_buckets', { accountId: 'x', bucketName: BUCKET });
    return (body as { buckets: { lifecycleRules: unknown }[] }).buckets[0]?.lifecycleRules;
  };
  return {
    client,
    rules,
    setRules: async (...lifecycleRules: object[]) => {
      const { bucketId } = client;
      expect(await client.call('b2_update_bucket', { bucketId, lifecycleRules })).toMatchObject({
        status: 200,
      });
    },
    doctor: async (...args: string[]): Promise<Finding | undefined> => {
      const exit = await fts(['--estate', estate, 'doctor', '--json', ...args], sandbox);
      expect(exit.stdout).not.toContain(key.key);
      const { findings } = answer(exit) as unknown as { findings: Finding[] };
      return findings.find(({ area }) => area === 'remotes');
    },
  };
}

const rule = (fileNamePrefix: string, deleting: number | null, hiding: number | null = null): object => ({
  fileNamePrefix,
  daysFromUploadingToHiding: hiding,
  daysFromHidingToDeleting: deleting,
  daysFromStartingToCancelingUnfinishedLargeFiles: null,
});

describe('fts doctor', () => {
  it('asserts that hidden versions stay as long as declared, 30 days if nothing is', async () => {
    const { setRules, doctor } = await mirrored();
    expect(await doctor()).toEqual({
      area: 'remotes',
      state: 'fail',
      message: `remote cloud: bucket ${BUCKET} has no rule for all its files, so that hidden versions stay for ever; declared are 30 days (keepHidden); the key may not set it (writeBuckets), and need not: the owner of the account can`,
      fix: OWNERS(''),
    });
    await setRules(rule('', 30));
    expect(await doctor()).toEqual({
      area: 'remotes',
      state: 'ok',
      message: `remote cloud: bucket ${BUCKET} keeps hidden versions for 30 days`,
    });
  });

  it('counts in the declared days, and names a rule that removes current files', async () => {
    const { setRules, doctor } = await mirrored({ path: `${BUCKET}/space`, more: ', keepHidden: 2w' });
    await setRules(rule('space/', 14), rule('logs/', 1, 1));
    expect(await doctor()).toMatchObject({ state: 'ok' });
    await setRules(rule('space/', 30));
    expect((await doctor())?.message).toContain(
      'deletes hidden versions after 30 days; declared are 14 days',
    );
    await setRules(rule('space/', 14, 3));
    expect(await doctor()).toMatchObject({
      state: 'fail',
      message: expect.stringContaining(
        'removes CURRENT files, hiding them 3 days after their upload',
      ) as string,
    });
  });

  it('says so when the bucket is not there, and when the key is not for it or may not look', async () => {
    const missing = await mirrored({ key: MASTER, path: 'no-such-bucket/space' });
    expect(await missing.doctor()).toEqual({
      area: 'remotes',
      state: 'fail',
      message: 'remote cloud: there is no bucket no-such-bucket, or the key is not for it',
      fix: 'b2 bucket create no-such-bucket allPrivate',
    });
    const other = await mirrored({ path: 'other-bucket' });
    expect((await other.doctor())?.message).toContain(`is for the bucket ${BUCKET} only`);
    const revoked = await mirrored({ key: { ...MIRROR, key: 'old-secret' } });
    expect(await revoked.doctor()).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('the key is not taken by B2; make another') as string,
    });
  });
});

describe('fts doctor --set-lifecycle', () => {
  it('is what a key is told of that may set the rule', async () => {
    const { doctor } = await mirrored({ key: MASTER });
    expect(await doctor()).toMatchObject({ state: 'fail', fix: 'fts doctor --set-lifecycle' });
  });

  it('sets the rule, and changes nothing the second time', async () => {
    const { doctor, rules, setRules } = await mirrored({ key: MASTER });
    await setRules({ ...rule('', 7, 3), daysFromStartingToCancelingUnfinishedLargeFiles: 2 });
    const message = `remote cloud: bucket ${BUCKET} now keeps hidden versions for 30 days`;
    expect(await doctor('--set-lifecycle')).toEqual({ area: 'remotes', state: 'ok', message });
    const set = [{ ...rule('', 30), daysFromStartingToCancelingUnfinishedLargeFiles: 2 }];
    expect(await rules()).toEqual(set);
    expect((await doctor('--set-lifecycle'))?.message).toBe(message.replace('now keeps', 'keeps'));
    expect(await rules()).toEqual(set);
  });

  it('tells the owner the command when the key may not set it', async () => {
    const { doctor, rules } = await mirrored();
    const finding = await doctor('--set-lifecycle');
    expect(finding).toMatchObject({ state: 'fail', fix: OWNERS('') });
    expect(finding?.message).toContain('that takes a key with the capability writeBuckets');
    expect(await rules()).toEqual([]);
  });

  it('sets one for the whole bucket only where the mirror is all that it holds', async () => {
    const { doctor, rules, client } = await mirrored({ key: MASTER, path: `${BUCKET}/deep/space` });
    await client.put('deep/space/file');
    const other = { fileName: 'deep/other', fileId: await client.put('deep/other') };
    const { body } = await client.call('b2_hide_file', { bucketId: client.bucketId, fileName: 'deep/other' });
    const finding = await doctor('--set-lifecycle');
    expect(finding).toMatchObject({ state: 'fail', fix: OWNERS('deep/space/') });
    expect(finding?.message).toContain('it holds more than deep/space/');
    expect(await rules()).toEqual([]);
    for (const version of [other, body]) await client.call('b2_delete_file_version', version);
    expect(await doctor('--set-lifecycle')).toMatchObject({ state: 'ok' });
    expect(await rules()).toEqual([rule('', 30)]);
  });

  it('removes no rule about other files', async () => {
    const { doctor, rules, setRules } = await mirrored({ key: MASTER, path: `${BUCKET}/space` });
    await setRules(rule('logs/', 1, 1));
    const finding = await doctor('--set-lifecycle');
    expect(finding?.message).toContain('it has rules for folders, which rclone would remove');
    expect(finding?.fix).toContain(`"fileNamePrefix":"logs/"`);
    expect(await rules()).toEqual([rule('logs/', 1, 1)]);
  });
});
