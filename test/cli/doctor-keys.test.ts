import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import { startB2StandIn } from '../../src/b2-stand-in/server.js';
import { BUCKET } from '../b2-stand-in/stand-in.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { answer, fts } from './fts.js';
import { makeSandbox } from './sandbox.js';

type Capability = ApplicationKey['capabilities'][number];

const SAVES: Capability[] = ['listBuckets', 'listFiles', 'readFiles', 'writeFiles', 'deleteFiles'];
const without = (...lacking: Capability[]): Capability[] => SAVES.filter((it) => !lacking.includes(it));
const KEY: ApplicationKey = { id: 'here-id', key: 'here-secret', capabilities: SAVES, bucket: BUCKET };

const BACKUP = '{ kind: backup, volume: flux, repository: offsite, keep: { last: 3 } }';
const CHECK = '{ kind: check, repository: offsite }';
const MIRROR_JOB = '{ kind: mirror, volume: flux, remote: cloud }';

const FOR_BACKUP = `b2 key create --bucket ${BUCKET} --name-prefix 'box/flux/' fts-cloud ${SAVES.join()}`;
const FOR_MIRROR = `b2 key create --bucket ${BUCKET} --name-prefix 'box/' fts-cloud ${without('deleteFiles').join()}`;

/** What `fts doctor` says of the remote with such a key, for one job. */
async function said(key: Partial<ApplicationKey>, job: string, secret = KEY.key) {
  const standIn = await startB2StandIn({
    directory: join(await temporaryFolder(), 'b2'),
    keys: [{ ...KEY, ...key }],
    buckets: [BUCKET, 'another-bucket'],
  });
  onTestFinished(() => standIn.close());
  const sandbox = await makeSandbox();
  onTestFinished(() => sandbox.remove());
  const estate = join(sandbox.folder, 'here.yaml');
  await writeFile(
    estate,
    `estate: box
timezone: Europe/Paris
hosts: { here: { platform: linux, hostname: ${hostname()} } }
volumes: { flux: { host: here, mountpoint: flux, filesystem: directory } }
remotes:
  cloud: { type: b2, path: ${BUCKET}/box, options: { endpoint: '${standIn.endpoint}' }, secrets: { account: b2-id, key: b2-key } }
repositories: { offsite: { host: here, remote: cloud, path: flux, password: word } }
jobs: { nightly: ${job} }
secrets: { provider: file, path: secrets.yaml }
`.replace(/^repositories.*\n/m, job === MIRROR_JOB ? '' : '$&'),
  );
  const secrets = `word: w\nb2-id: ${KEY.id}\nb2-key: ${secret}\n`;
  await writeFile(join(sandbox.folder, 'secrets.yaml'), secrets, { mode: 0o600 });
  const exit = await fts(['--estate', estate, 'doctor', '--json'], sandbox);
  expect(exit.stdout).not.toContain(secret);
  const { findings } = answer(exit) as unknown as { findings: { area: string; message: string }[] };
  return findings.filter(({ area, message }) => area === 'remotes' && !message.includes('keepHidden'));
}

const containing = (text: string): string => expect.stringContaining(text) as string;

it('a key with which restic can do all it needs is told as such', async () => {
  const message = 'repository offsite: the key of remote cloud may do all that restic needs';
  expect(await said({}, BACKUP)).toEqual([{ area: 'remotes', state: 'ok', message }]);
  // With a key for one bucket rclone need not ask which buckets there are.
  expect(await said({ capabilities: without('listBuckets') }, BACKUP)).toMatchObject([{ state: 'ok' }]);
  expect(await said({ namePrefix: 'box/' }, BACKUP)).toMatchObject([{ state: 'ok' }]);
});

it('a key without deleteFiles is no key for a repository, and says what comes of it', async () => {
  expect(await said({ capabilities: without('deleteFiles') }, BACKUP)).toEqual([
    {
      area: 'remotes',
      state: 'fail',
      message:
        "repository offsite: the key of remote cloud lacks deleteFiles, and so cannot remove restic's locks: each run tries for a minute at every lock, leaves it behind, and forgets and prunes nothing; make another, and put its id into the secret b2-id and itself into b2-key",
      fix: FOR_BACKUP,
    },
  ]);
});

it('a key that only looks is enough where no job saves', async () => {
  const capabilities = without('writeFiles', 'deleteFiles');
  expect(await said({ capabilities }, CHECK)).toMatchObject([{ state: 'ok' }]);
  expect(await said({ capabilities }, BACKUP)).toMatchObject([
    { message: containing('lacks writeFiles') },
    { message: containing('lacks deleteFiles') },
  ]);
});

it.each<[string, Partial<ApplicationKey>]>([
  ['is for the bucket another-bucket only, and not for the bucket', { bucket: 'another-bucket' }],
  ['is for names that begin with "box/time/" only, and not for "box/flux/"', { namePrefix: 'box/time/' }],
  ['is for a bucket that is gone only', { bucket: 'removed-bucket' }],
])('a key for another place is found before a run finds it: it %s', async (message, key) => {
  expect(await said(key, BACKUP)).toMatchObject([
    { state: 'fail', message: containing(message), fix: FOR_BACKUP },
  ]);
});

it('a key that B2 does not take is told with the secrets to change', async () => {
  expect(await said({}, BACKUP, 'revoked-secret')).toMatchObject([
    {
      state: 'fail',
      message: containing('not taken by B2; make another, and put its id into the secret b2-id'),
      fix: FOR_BACKUP,
    },
  ]);
});

it("a mirror's key needs no deleteFiles, and is warned of where it has it", async () => {
  expect(await said({ capabilities: without('deleteFiles') }, MIRROR_JOB)).toEqual([]);
  expect(await said({}, MIRROR_JOB)).toMatchObject([
    {
      state: 'warn',
      message: containing('may destroy what the mirror hides (deleteFiles)'),
      fix: FOR_MIRROR,
    },
  ]);
});

it.each<[string, Partial<ApplicationKey>]>([
  ['lacks listBuckets', { capabilities: without('deleteFiles', 'listBuckets') }],
  ['lacks writeFiles', { capabilities: without('deleteFiles', 'writeFiles') }],
  ['is for the bucket another-bucket only', { bucket: 'another-bucket' }],
  ['is for names that begin with "other/" only', { namePrefix: 'other/' }],
])("a mirror's key that is no good is told with the one to make: it %s", async (message, key) => {
  expect(await said(key, MIRROR_JOB)).toMatchObject([
    { state: 'fail', message: containing(message), fix: FOR_MIRROR },
  ]);
});
