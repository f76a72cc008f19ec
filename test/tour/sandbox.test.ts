import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { loadEstate } from '../../src/estate/load.js';
import { openSandbox } from '../../src/tour/sandbox.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('makes an estate that newcomers can copy from: valid, without warnings', async () => {
  const { estateFile, cloud } = await openSandbox(await temporaryFolder());
  const { estate, warnings } = await loadEstate(estateFile);
  expect(warnings).toEqual([]);
  expect(estate.remotes.backups?.options.endpoint).toBe(`http://127.0.0.1:${String(cloud.port)}`);
  expect(estate.repositories['flux-b2']).toMatchObject({ remote: 'backups', path: 'flux' });
});

it('finds everything again at the next start, also what a person changed', async () => {
  const checkout = await temporaryFolder();
  const first = await openSandbox(checkout);
  const changed = (await readFile(first.estateFile, 'utf8')).replace('0 5 * * *', '0 6 * * *');
  await writeFile(first.estateFile, changed);
  expect(await openSandbox(checkout)).toEqual(first);
  expect(await readFile(first.estateFile, 'utf8')).toBe(changed);
});

it('keeps the sandbox of an earlier release whole, and makes a new one', async () => {
  const checkout = await temporaryFolder();
  const { folder, estateFile } = await openSandbox(checkout);
  await writeFile(estateFile, 'estate: sandbox\nrepositories: {}\n');
  await writeFile(join(folder, 'precious'), 'data');
  const silenced = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  onTestFinished(() => {
    silenced.mockRestore();
  });
  await openSandbox(checkout);
  expect(await readFile(estateFile, 'utf8')).toContain('remotes:');
  const [aside = '', ...more] = (await readdir(join(checkout, '.fts'))).filter((name) => name !== 'sandbox');
  expect(more).toEqual([]);
  expect(await readFile(join(checkout, '.fts', aside, 'precious'), 'utf8')).toBe('data');
});
