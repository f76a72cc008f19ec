import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkoutAround, toolsFolder } from '../../src/adapters/tools-folder.js';

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'fts-folder-')));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function packageAt(folder: string, name: string): Promise<string> {
  const code = path.join(folder, 'dist', 'src', 'adapters');
  await mkdir(code, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ name }));
  return code;
}

it('keeps tools in this checkout, unless the environment says where', () => {
  expect(toolsFolder({})).toBe(path.resolve('.fts/tools'));
  expect(toolsFolder({ FTS_TOOLS_DIR: '/opt/tools' })).toBe('/opt/tools');
  expect(toolsFolder({ FTS_TOOLS_DIR: '' })).toBe(path.resolve('.fts/tools'));
});

it('knows a checkout by the name of its package', async () => {
  const checkout = path.join(root, 'work');
  expect(checkoutAround(await packageAt(checkout, 'flux-time-space'))).toBe(checkout);
  expect(checkoutAround(await packageAt(path.join(root, 'other'), 'something-else'))).toBeUndefined();
});

it('takes an installed package for none', async () => {
  const installed = path.join(root, 'lib', 'node_modules', 'flux-time-space');
  expect(checkoutAround(await packageAt(installed, 'flux-time-space'))).toBeUndefined();
});
