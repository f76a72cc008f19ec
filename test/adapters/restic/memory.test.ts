import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeTool } from '../../support/fake-tool.js';
import { type ResticEstate, makeResticEstate, save } from '../../support/restic-estate.js';

let estate: ResticEstate;
let told: string;
const path = process.env.PATH;

/** Puts a restic before the real one that writes down what its runtime was told. */
beforeEach(async () => {
  estate = await makeResticEstate();
  told = join(estate.folder, 'told');
  const real = (await execa('which', ['restic'])).stdout;
  const note = `echo "$1 $GOGC $GOMEMLIMIT" >> ${told}; exec ${real} "$@"`;
  await fakeTool(join(estate.folder, 'bin'), 'restic', note);
  process.env.PATH = `${join(estate.folder, 'bin')}:${path ?? ''}`;
});
afterEach(async () => {
  process.env.PATH = path;
  await estate.remove();
});

const linesOf = async (command: string): Promise<string[]> =>
  (await readFile(told, 'utf8')).split('\n').filter((line) => line.startsWith(`${command} `));

it('a backup may use more memory, up to half of the machine, and nothing else may', async () => {
  const snapshotId = await save(estate);
  await estate.run(estate.activities.forgetSnapshots, { ...(await estate.request()), snapshotId });
  const [line] = await linesOf('backup');
  const [, growth, limit] = line?.split(' ') ?? [];
  expect(Number(growth)).toBeGreaterThan(100);
  expect(Number(limit)).toBeLessThanOrEqual(totalmem() / 2);
  expect(await linesOf('forget')).toEqual(['forget  ']);
});

it("a repository's own environment goes before", async () => {
  const environment = { GOGC: { value: '20' } };
  const local = { host: 'here', volume: 'space', path: 'restic/local', password: 'password', environment };
  await estate.change({ repositories: { local } });
  await save(estate);
  expect((await linesOf('backup'))[0]).toMatch(/^backup 20 \d+$/);
});
