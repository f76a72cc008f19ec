import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanEnvironment, startFts } from '../support/fts.js';
import { processesWith } from '../support/processes.js';
import { type ScheduleEstate, makeScheduleEstate } from '../support/schedule-estate.js';
import { freePort } from '../support/temporal-server.js';
import { until } from '../support/until.js';

let estate: ScheduleEstate;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  estate = await makeScheduleEstate('home');
  await estate.declare({});
  const address = `127.0.0.1:${String(await freePort())}`;
  environment = cleanEnvironment({ TEMPORAL_ADDRESS: address, FTS_STATE_DIR: join(estate.folder, 'state') });
});
afterEach(() => estate.remove());

describe('fts worker', () => {
  it.each([{ args: [] }, { args: ['--control', '--host', 'here'] }])(
    'needs to know which worker: $args',
    async ({ args }) => {
      const fts = startFts(['worker', ...args, '--estate', estate.file], environment);
      expect(await fts.ends()).toBe(2);
      expect(fts.stderr()).toContain('either --control or --host NAME');
    },
  );

  it('leaves no worker behind when it is killed', async () => {
    const fts = startFts(['worker', '--control', '--estate', estate.file], environment);
    await fts.says('waiting for it');
    expect(await processesWith('workers/control.js', estate.file)).toHaveLength(1);
    fts.child.kill('SIGKILL');
    await until(async () => (await processesWith('workers/control.js', estate.file)).length === 0);
  });

  it('says what is wrong with the estate', async () => {
    await estate.declare({}).catch(() => undefined);
    const fts = startFts(['worker', '--control', '--estate', `${estate.file}.missing`], environment);
    expect(await fts.ends()).toBe(2);
  });
});
