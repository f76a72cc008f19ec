import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { BUCKET, MASTER, MIRROR, rclone, testStandIn } from './stand-in.js';

const REMOTE = `b2:${BUCKET}/mirror`;

/** Without it rclone takes names that differ only in their Unicode normalisation for one, and drops the other. */
const ALL_NAMES = '--no-unicode-normalization';

const HOSTILE_NAMES = [
  ...['with space', ' leading', 'trailing ', '100%', 'percent%20encoded', 'plus+plus', '#?&=;:@$,'],
  ...[
    'back\\slash',
    'new\nline',
    'tab\t',
    'bell\u0007',
    '"quotes"',
    "'",
    '*[a-z]{x}',
    '-rf',
    '..dots..',
    '~',
  ],
  ...['na\u00efve', 'nai\u0308ve', 'NAÏVE', '日本語', '😀', '\uffee', '\u2028', '．', '␊', 'x'.repeat(255)],
];

async function hostileTree(): Promise<string> {
  const root = join(await temporaryFolder(), 'source');
  await mkdir(join(root, 'a ％ folder', 'Ünter+50%'), { recursive: true });
  for (const name of HOSTILE_NAMES) await writeFile(join(root, name), `content of ${name}`);
  await writeFile(join(root, 'a ％ folder', 'Ünter+50%', '?'), 'deep');
  await writeFile(Buffer.concat([Buffer.from(`${root}/not-utf8-`), Buffer.from([0xff, 0xc3])]), 'bytes');
  await writeFile(join(root, 'empty'), '');
  return root;
}

async function smallTree(): Promise<string> {
  const root = await temporaryFolder();
  for (const name of ['a', 'b', 'sub/c', 'sub/deeper/d', 'other/e']) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), `content of ${name}`);
  }
  return root;
}

it('takes a tree with hostile names and gives it back byte for byte', async () => {
  const [standIn, source] = [await testStandIn(), await hostileTree()];
  const target = join(await temporaryFolder(), 'back');
  expect(await rclone(standIn, ['sync', ALL_NAMES, source, REMOTE])).toMatchObject({ exitCode: 0 });
  expect(await rclone(standIn, ['check', ALL_NAMES, '--download', source, REMOTE])).toMatchObject({
    exitCode: 0,
  });
  expect(await rclone(standIn, ['copy', ALL_NAMES, REMOTE, target])).toMatchObject({ exitCode: 0 });
  expect(await rclone(standIn, ['check', ALL_NAMES, source, target])).toMatchObject({ exitCode: 0 });

  const names = standIn.versions(BUCKET).map(({ fileName }) => fileName.slice('mirror/'.length));
  expect(names).toHaveLength(HOSTILE_NAMES.length + 3);
  expect(names).toEqual(
    expect.arrayContaining(['100%', 'percent%20encoded', 'new␊line', 'na\u00efve', 'nai\u0308ve']),
  );

  const before = standIn.calls();
  expect(await rclone(standIn, ['sync', ALL_NAMES, source, REMOTE])).toMatchObject({ exitCode: 0 });
  expect(standIn.calls().byOperation.b2_upload_file).toBe(before.byOperation.b2_upload_file);
  expect(standIn.calls().byOperation.b2_hide_file).toBeUndefined();
});

it('copies on the server when only the time of a file changed', async () => {
  const [standIn, source] = [await testStandIn(), await smallTree()];
  await rclone(standIn, ['sync', source, REMOTE]);
  await utimes(join(source, 'sub/c'), 1_000_000_000, 1_000_000_000);
  expect(await rclone(standIn, ['sync', source, REMOTE])).toMatchObject({ exitCode: 0 });

  expect(standIn.calls().byOperation).toMatchObject({ b2_upload_file: 5, b2_copy_file: 1 });
  const versions = standIn.versions(BUCKET).filter(({ fileName }) => fileName === 'mirror/sub/c');
  expect(versions.map(({ fileInfo }) => fileInfo.src_last_modified_millis)).toEqual([
    '1000000000000',
    expect.not.stringContaining('1000000000000'),
  ]);
  expect(versions[0]?.contentSha1).toBe(versions[1]?.contentSha1);
  const { stdout } = await rclone(standIn, ['lsf', '--format', 't', `${REMOTE}/sub/c`], { env: {} });
  expect(stdout).toContain('2001-09-0');
});

it('hides what the source no longer has, with a key that cannot destroy versions', async () => {
  const [standIn, source] = [await testStandIn(), await smallTree()];
  await rclone(standIn, ['sync', source, REMOTE], { key: MIRROR });
  await writeFile(join(source, 'a'), 'changed');
  await rm(join(source, 'sub'), { recursive: true });
  expect(await rclone(standIn, ['sync', source, REMOTE], { key: MIRROR })).toMatchObject({ exitCode: 0 });

  const listed = await rclone(standIn, ['lsf', '-R', '--files-only', REMOTE]);
  expect(listed.stdout?.toString().split('\n').sort()).toEqual(['a', 'b', 'other/e']);
  const actions = standIn.versions(BUCKET).map(({ action, fileName }) => `${action} ${fileName}`);
  expect(actions).toEqual([
    ...['upload mirror/a', 'upload mirror/a', 'upload mirror/b', 'upload mirror/other/e'],
    ...['hide mirror/sub/c', 'upload mirror/sub/c', 'hide mirror/sub/deeper/d', 'upload mirror/sub/deeper/d'],
  ]);

  const old = await rclone(standIn, ['lsf', '-R', '--files-only', '--b2-versions', REMOTE]);
  const names = old.stdout?.toString().split('\n') ?? [];
  expect(names).toHaveLength(6);
  const hidden = names.find((name) => name.startsWith('sub/c-v')) ?? '';
  const recovered = await rclone(standIn, ['cat', '--b2-versions', `${REMOTE}/${hidden}`]);
  expect(recovered.stdout).toBe('content of sub/c');
});

it('refuses to destroy versions to a key without deleteFiles', async () => {
  const [standIn, source] = [await testStandIn(), await smallTree()];
  await rclone(standIn, ['sync', source, REMOTE], { key: MIRROR });
  await rm(join(source, 'a'));
  const hard = ['sync', '--b2-hard-delete', '--low-level-retries', '2', source, REMOTE];
  const refused = await rclone(standIn, hard, { key: MIRROR });
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.stderr).toContain('401 unauthorized');
  expect(standIn.versions(BUCKET)).toHaveLength(5);

  expect(await rclone(standIn, hard, { key: MASTER })).toMatchObject({ exitCode: 0 });
  expect(standIn.versions(BUCKET)).toHaveLength(4);
});

it.each([
  ['an unknown key', { ...MIRROR, id: 'nobody' }, 'bad_auth_token'],
  ['a wrong secret', { ...MIRROR, key: 'wrong' }, 'bad_auth_token'],
])('does not let in %s', async (_, key, code) => {
  const standIn = await testStandIn();
  const refused = await rclone(standIn, ['lsf', '--low-level-retries', '2', REMOTE], { key });
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(code);
});

it('keeps a restricted key to its bucket', async () => {
  const standIn = await testStandIn();
  expect(await rclone(standIn, ['mkdir', 'b2:another-bucket'])).toMatchObject({ exitCode: 0 });
  const refused = await rclone(standIn, ['lsf', 'b2:another-bucket'], { key: MIRROR });
  expect(refused.stderr).toContain(`you must use bucket "${BUCKET}"`);
  expect((await rclone(standIn, ['lsd', 'b2:'], { key: MIRROR })).stdout).not.toContain('another-bucket');
  expect((await rclone(standIn, ['lsd', 'b2:'])).stdout).toContain('another-bucket');
});

it('tells a restricted key when its bucket is gone', async () => {
  const standIn = await testStandIn();
  expect(await rclone(standIn, ['rmdir', `b2:${BUCKET}`])).toMatchObject({ exitCode: 0 });
  const { exitCode, stderr } = await rclone(standIn, ['lsf', REMOTE], { key: MIRROR });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('bucket that application key is restricted to no longer exists');
});

it('counts a listing in class C: one for a tree with --fast-list, one a folder without', async () => {
  const [standIn, source] = [await testStandIn(), await smallTree()];
  await rclone(standIn, ['sync', source, REMOTE], { key: MIRROR });
  const noOp = async (...options: string[]) => {
    const before = standIn.calls();
    const { exitCode } = await rclone(standIn, ['sync', ...options, source, REMOTE], { key: MIRROR });
    expect(exitCode).toBe(0);
    const { A, B, C } = standIn.calls();
    return { A: A - before.A, B: B - before.B, C: C - before.C };
  };
  // Besides: b2_authorize_account (C), and the question whether the remote's path is a file (B).
  expect(await noOp('--fast-list')).toEqual({ A: 0, B: 1, C: 2 });
  expect(await noOp()).toEqual({ A: 0, B: 1, C: 5 });
});

it('keeps lifecycle rules for `rclone backend lifecycle`', async () => {
  const standIn = await testStandIn();
  const rules = async (...options: string[]): Promise<unknown> => {
    const { stdout } = await rclone(standIn, ['backend', 'lifecycle', `b2:${BUCKET}`, ...options]);
    return JSON.parse(stdout?.toString() ?? '');
  };
  expect(await rules()).toEqual([]);
  const rule = {
    fileNamePrefix: '',
    daysFromHidingToDeleting: 30,
    daysFromUploadingToHiding: null,
    daysFromStartingToCancelingUnfinishedLargeFiles: 7,
  };
  const set = ['daysFromHidingToDeleting=30', 'daysFromStartingToCancelingUnfinishedLargeFiles=7'];
  expect(await rules(...set.flatMap((it) => ['-o', it]))).toEqual([rule]);
  expect(await rules()).toEqual([rule]);
  const wrong = await rclone(standIn, [
    'backend',
    'lifecycle',
    `b2:${BUCKET}`,
    '-o',
    'daysFromHidingToDeleting=-1',
  ]);
  expect(wrong).toMatchObject({ exitCode: 1 });
  expect(wrong.stderr).toContain('400 bad_request');
});

it('shows rot: what is damaged on its disk no longer passes a check', async () => {
  const [standIn, source] = [await testStandIn(), await smallTree()];
  await rclone(standIn, ['sync', source, REMOTE]);
  const [version] = standIn.versions(BUCKET);
  await standIn.damage(version?.fileId ?? '');
  const { stdout } = await rclone(standIn, [
    'cat',
    '--low-level-retries',
    '1',
    `b2:${BUCKET}/${version?.fileName ?? ''}`,
  ]);
  expect(stdout).not.toBe(await readFile(join(source, 'a'), 'utf8'));
  const check = await rclone(standIn, ['check', '--download', '--one-way', source, REMOTE]);
  expect(check).toMatchObject({ exitCode: 1 });
  expect(check.stderr).toContain('1 differences found');
});
