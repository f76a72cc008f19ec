import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lockPath } from '../../src/adapters/locks.js';
import { startTied } from '../../src/adapters/tied-process.js';
import { RecordedKeeps, keepRecordFile } from '../../src/estate/keep-record.js';
import { cleanEnvironment, startFts } from '../support/fts.js';
import {
  PASSWORD,
  type ResticEstate,
  makeResticEstate,
  save,
  snapshotJob,
} from '../support/restic-estate.js';
import { type TemporalServer, makeTemporalServer } from '../support/temporal-server.js';
import { until } from '../support/until.js';

let server: TemporalServer;
let estate: ResticEstate;
let ids: string[];

const jobs = (last: number) => ({ jobs: { save: snapshotJob({ cron: '0 5 * * *', keep: { last } }) } });

/** Five snapshots under `keep: { last: 5 }`, on the machine of their host; then the estate says 3. Tests put back what they break. */
beforeAll(async () => {
  server = await makeTemporalServer();
  await server.start();
  estate = await makeResticEstate(jobs(5));
  await writeFile(join(estate.flux, 'file'), 'content');
  await act();
  ids = [];
  for (let i = 0; i < 5; i += 1) ids.push(await save(estate));
  await forget();
  await fts('apply');
  await estate.change(jobs(3));
});
afterAll(async () => {
  await server.remove();
  await estate.remove();
});

/** A worker's record says that this machine is that host. */
async function act(): Promise<void> {
  const record = estate.state.path('workers', 'host-here.json');
  await mkdir(dirname(record), { recursive: true });
  await writeFile(record, '{}');
}

async function forget(): Promise<unknown> {
  const request = { ...(await estate.request()), snapshotId: ids.at(-1) ?? (await save(estate)) };
  return estate.run(estate.activities.forgetSnapshots, request);
}

async function fts(...args: string[]) {
  const environment = { TEMPORAL_ADDRESS: server.address, FTS_STATE_DIR: join(estate.folder, 'state') };
  const process = startFts(['--estate', estate.file, 'schedules', ...args], cleanEnvironment(environment));
  const code = await process.ends();
  return { code, stdout: process.stdout(), stderr: process.stderr() };
}

interface Retention {
  removes: number | null;
  snapshots: { id: string }[];
  heldUntil: string | null;
  noticed: boolean;
  error?: { type: string; message: string };
}

/** What `fts schedules plan --json` says of retention. */
async function plan(): Promise<Retention[]> {
  const { code, stdout } = await fts('plan', '--json');
  expect(code).toBe(0);
  const answer = JSON.parse(stdout) as { retention: Retention[] };
  expect(answer).toMatchObject({ create: [], remove: [] });
  return answer.retention;
}

const DAY = 86_400_000;

describe('a changed `keep` in `fts schedules plan`', () => {
  it('shows the snapshots that would go, oldest first, and removes none', async () => {
    const [change, ...others] = await plan();
    expect(others).toEqual([]);
    const known = {
      job: 'save',
      host: 'here',
      repository: 'local',
      keep: { from: { last: 5 }, to: { last: 3 } },
    };
    expect(change).toMatchObject({ ...known, removes: 2, noticed: false });
    expect(change?.snapshots.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(Date.parse(change?.heldUntil ?? '')).toBeGreaterThan(Date.now() + DAY - 60_000);
    const { stdout } = await fts('plan');
    expect(stdout).toContain('keep of save: last 5 → last 3');
    expect(stdout).toContain('removes 2 snapshots from local, a day after the next run of the job');
    for (const id of ids.slice(0, 2)) expect(stdout).toContain(id.slice(0, 8));
    expect(JSON.parse(await estate.restic('snapshots', '--json'))).toHaveLength(5);
  });

  it('answers while a run holds the repository', async () => {
    const place = { name: 'repository', location: estate.repository, volumeRoot: estate.space };
    const lock = await lockPath(place, { estate: 'testbed', state: estate.state });
    const holder = startTied('flock', ['--no-fork', lock, 'sleep', '300'], { stdio: 'ignore' });
    onTestFinished(async () => {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    });
    await until(() =>
      forget().then(
        () => false,
        (error: unknown) => error instanceof Error && error.message.includes('is held by'),
      ),
    );
    expect(await plan()).toMatchObject([{ removes: 2 }]);
  });

  it('says that a more generous one removes nothing', async () => {
    await estate.change(jobs(9));
    onTestFinished(() => estate.change(jobs(3)));
    expect(await plan()).toMatchObject([{ removes: 0, snapshots: [], heldUntil: null }]);
    expect((await fts('plan')).stdout).toContain('removes no snapshot');
  });
});

describe('where it cannot be found out, the plan says why, and shows the rest', () => {
  it('the repository is gone', async () => {
    await rename(estate.repository, `${estate.repository}-away`);
    onTestFinished(() => rename(`${estate.repository}-away`, estate.repository));
    expect(await plan()).toMatchObject([{ removes: null, error: { type: 'RepositoryMissing' } }]);
  });

  it('its volume is not there', async () => {
    const sentinel = join(estate.space, '.fts-volume');
    await rename(sentinel, `${sentinel}-away`);
    onTestFinished(() => rename(`${sentinel}-away`, sentinel));
    expect(await plan()).toMatchObject([{ removes: null, error: { type: 'VolumeUnavailable' } }]);
  });

  it('the password is another one', async () => {
    const say = (password: string) => writeFile(estate.secrets, stringify({ password }), { mode: 0o600 });
    await say('canary-other');
    onTestFinished(() => say(PASSWORD));
    const { code, stdout } = await fts('plan');
    expect(code).toBe(0);
    expect(stdout).toContain(`~ testbed/save`);
    expect(stdout).toContain('which snapshots would go is not known: ');
    expect(stdout).not.toContain('canary-other');
    expect(stdout).not.toContain(PASSWORD);
    expect(await plan()).toMatchObject([{ removes: null, error: { type: 'WrongPassword' } }]);
  });

  it('the record of the one in force is damaged', async () => {
    const record = estate.state.path(keepRecordFile('save'));
    const content = await readFile(record, 'utf8');
    await writeFile(record, '{');
    onTestFinished(() => writeFile(record, content));
    expect(await plan()).toMatchObject([{ keep: null, removes: null, error: { type: 'StateCorrupt' } }]);
  });

  it("the job is another host's", async () => {
    await rm(estate.state.path('workers'), { recursive: true });
    onTestFinished(act);
    expect(await plan()).toMatchObject([{ host: 'here', keep: null, error: { type: 'OtherHost' } }]);
    expect((await fts('plan')).stdout).toContain('run `fts schedules plan` on here');
  });
});

describe('once a run has seen it', () => {
  it('the plan tells until when they stay, also after `apply`, and nothing when the day is over', async () => {
    await fts('apply');
    expect(await forget()).toMatchObject({ forgotten: 0, keepChange: { removes: 2 } });
    const record = await estate.state.read(keepRecordFile('save'), RecordedKeeps);
    const since = Date.parse(record?.waiting?.since ?? '');
    const heldUntil = new Date(since + DAY).toISOString();
    expect(await plan()).toMatchObject([{ removes: 2, noticed: true, heldUntil }]);
    const yesterday = new Date(since - DAY).toISOString();
    await estate.state.write(keepRecordFile('save'), {
      ...record,
      waiting: { keep: { last: 3 }, since: yesterday },
    });
    expect((await fts('plan')).stdout).toContain('removes 2 snapshots from local with the next run');
    expect(await forget()).toEqual({ forgotten: 2 });
    expect(await plan()).toEqual([]);
  });
});
