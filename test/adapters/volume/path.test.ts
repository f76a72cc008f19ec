import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { safePath } from '../../../src/adapters/volume/path.js';
import { canMount } from '../../support/loop-device.js';

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-path-'));
  root = join(folder, 'root');
  await mkdir(join(root, 'a', 'b'), { recursive: true });
  await mkdir(join(folder, 'outside'));
});
afterEach(() => rm(folder, { recursive: true }));

const MUST_EXIST = { mustExist: true };
const MAY_EXIST = { mustExist: false };

it.each([
  ['a/b', 'a/b'],
  ['a//b/', 'a/b'],
  ['./a/./b', 'a/b'],
  ['', ''],
])('gives the path of %j', async (relative, expected) => {
  expect(await safePath(root, relative, MUST_EXIST)).toBe(join(root, expected));
});

it('wants what must exist to exist', async () => {
  await expect(safePath(root, 'a/c', MUST_EXIST)).rejects.toMatchObject({ type: 'PathMissing' });
  expect(await safePath(root, 'a/c/d', MAY_EXIST)).toBe(join(root, 'a/c/d'));
});

it.each([MUST_EXIST, MAY_EXIST])('wants the root to exist (%j)', async (options) => {
  await expect(safePath(join(folder, 'none'), 'a', options)).rejects.toMatchObject({ type: 'PathMissing' });
});

it.each(['..', 'a/../b', '../outside', '/a', 'a\0b', 'a/..'])('refuses %j', async (relative) => {
  await expect(safePath(root, relative, MAY_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
});

it.each(['link', 'link/x', 'a/link', 'a/link/none'])('refuses a link on the way to %s', async (relative) => {
  await symlink(join(folder, 'outside'), join(root, 'link'));
  await symlink('b', join(root, 'a', 'link'));
  await expect(safePath(root, relative, MAY_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
  await expect(safePath(root, relative, MUST_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
});

it('refuses a link that leads nowhere', async () => {
  await symlink(join(folder, 'none'), join(root, 'dangling'));
  await expect(safePath(root, 'dangling', MAY_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
});

it('refuses a root that is a link', async () => {
  await symlink(root, join(folder, 'link'));
  await expect(safePath(join(folder, 'link'), 'a', MUST_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
});

it('refuses a file where a folder has to be', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(safePath(root, 'file/x', MAY_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
  expect(await safePath(root, 'file', MUST_EXIST)).toBe(join(root, 'file'));
});

it.runIf(canMount)('refuses to leave the filesystem of the root', async () => {
  await execa('mount', ['-t', 'tmpfs', 'none', join(root, 'a', 'b')]);
  try {
    await expect(safePath(root, 'a/b', MUST_EXIST)).rejects.toMatchObject({ type: 'PathUnsafe' });
  } finally {
    await execa('umount', [join(root, 'a', 'b')]);
  }
});
