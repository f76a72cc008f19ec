import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UsageError } from '../../src/domain/usage-error.js';
import { findEstateFile } from '../../src/estate/find.js';
import { temporaryFolder } from './sandbox.js';

it('prefers --estate, then FTS_ESTATE, then ./estate.yaml', async () => {
  const directory = await temporaryFolder();
  await writeFile(join(directory, 'estate.yaml'), '');
  const environment = { FTS_ESTATE: 'two.yaml' };
  expect(await findEstateFile({ option: 'one.yaml', environment, directory })).toBe(
    join(directory, 'one.yaml'),
  );
  expect(await findEstateFile({ environment, directory })).toBe(join(directory, 'two.yaml'));
  expect(await findEstateFile({ environment: { FTS_ESTATE: '' }, directory })).toBe(
    join(directory, 'estate.yaml'),
  );
});

it('leaves the name of a file as it was typed', async () => {
  const directory = process.cwd();
  expect(await findEstateFile({ option: 'a/../b.yaml', environment: {}, directory })).toBe('a/../b.yaml');
});

it('takes an estate.yaml that is no file, so that loading says why it cannot be read', async () => {
  const directory = await temporaryFolder();
  await mkdir(join(directory, 'estate.yaml'));
  expect(await findEstateFile({ environment: {}, directory })).toBe(join(directory, 'estate.yaml'));
});

it('says how to name one if there is none', async () => {
  const directory = await temporaryFolder();
  await expect(findEstateFile({ environment: {}, directory })).rejects.toMatchObject({
    name: 'UsageError',
    hint: 'name one with --estate FILE or FTS_ESTATE',
  });
  await writeFile(join(directory, 'estate.yml'), '');
  await expect(findEstateFile({ environment: {}, directory })).rejects.toMatchObject({
    hint: expect.stringContaining('estate.yml') as string,
  });
  await expect(findEstateFile({ option: '', environment: {}, directory })).rejects.toBeInstanceOf(UsageError);
});
