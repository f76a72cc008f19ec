import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { realName } from '../../src/adapters/real-name.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const bytes = (...parts: (string | number[] | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

it('gives a name that is UTF-8 as it is, whether it exists or not', async () => {
  expect(await realName('/nowhere/é\n')).toBe('/nowhere/é\n');
});

it('finds the bytes that Go wrote as U+FFFD, in folders and files', async () => {
  const root = await temporaryFolder();
  const folder = bytes(`${root}/fol`, [0xff], 'der');
  const file = bytes(folder, '/sub/bro', [0xe2, 0x82], 'ken', [0x0a]);
  await mkdir(bytes(folder, '/sub'), { recursive: true });
  await writeFile(file, '');
  await writeFile(bytes(folder, '/sub/broken'), '');
  expect(await realName(`${root}/fol\ufffdder/sub/bro\ufffd\ufffdken\n`)).toEqual(file);
});

it('takes a name that really holds U+FFFD for what it is', async () => {
  const root = await temporaryFolder();
  await writeFile(join(root, 'odd\ufffdname'), '');
  expect(await realName(`${root}/odd\ufffdname`)).toEqual(Buffer.from(`${root}/odd\ufffdname`));
});

it('gives the text itself where nothing is found, or no single file', async () => {
  const root = await temporaryFolder();
  for (const byte of [0xfe, 0xff]) await writeFile(bytes(`${root}/twin`, [byte]), '');
  for (const path of [`${root}/gone\ufffd`, `${root}/no\ufffdfolder/file`, `${root}/twin\ufffd`])
    expect(await realName(path)).toBe(path);
});
