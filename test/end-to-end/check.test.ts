import { createHash, randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET } from '../b2-stand-in/stand-in.js';
import { answer } from '../cli/fts.js';
import { type MirrorEstate, rcloneRunning, startMirrorEstate } from '../support/mirror-estate.js';
import { processesWith, whileStopped } from '../support/processes.js';
import { isRunning } from '../support/running-estate.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;

/** restic's downloads until it is in the middle of a check: key and config twice, a snapshot, an index. */
const IN_THE_CHECK = 6;

let estate: MirrorEstate;
beforeAll(async () => {
  estate = await startMirrorEstate();
});
afterAll(() => estate.remove());

const run = async (job: string): Promise<Record<string, unknown>> =>
  answer(await estate.fts('run', job, '--json'));

const statusOf = async (job: string): Promise<Record<string, unknown> | undefined> => {
  const { stdout } = await estate.fts('status', '--json');
  const { jobs } = JSON.parse(stdout) as { jobs: Record<string, unknown>[] };
  return jobs.find(({ job: name }) => name === job);
};

it(
  'a check reads a part in each run, tells how much in the status, and goes on where it was after its worker was killed',
  async () => {
    await estate.declare((declared) => {
      const { jobs, repositories } = declared;
      const remote = { type: 'b2', path: BUCKET, options: { endpoint: estate.standIn.endpoint } };
      declared.remotes = { away: { ...remote, secrets: { account: 'deleting-id', key: 'deleting-key' } } };
      repositories.away = { host: 'here', remote: 'away', path: 'away', password: 'password' };
      jobs['save-away'] = { ...jobs.save, repository: 'away' };
      jobs.look = { kind: 'check', repository: 'away', readData: '1/2', cron: '0 6 * * *' };
    });
    await writeFile(join(estate.flux, 'file'), randomBytes(100_000));
    expect(await run('save-away')).toMatchObject({ outcome: 'complete' });
    expect(await statusOf('look')).toMatchObject({ state: 'never', coverage: null });

    let downloads = 0;
    estate.standIn.faults.inject({
      match: ({ operation }) => operation.startsWith('b2_download_file') && ++downloads === IN_THE_CHECK,
      answer: 'hang',
      times: 1,
    });
    const checking = () => processesWith(estate.folder, '--read-data-subset');
    const following = estate.follow('run', 'look', '--json');
    await until(() => downloads >= IN_THE_CHECK);
    const [restic] = await checking();
    process.kill(await estate.workerPid('host-here'), 'SIGKILL');
    process.kill(restic?.pid ?? NaN, 'SIGKILL'); // on its way out it would wait for the download that hangs
    await estate.worker('host').ended;
    await estate.startWorker('host');
    expect(answer(await following.ended)).toMatchObject({
      outcome: 'complete',
      result: { subset: '1/2', covered: { share: 0.5 }, errors: 0 },
    });
    expect(await readdir(join(estate.state, 'checks'))).toEqual(['repository-away.json']);
    expect(await statusOf('look')).toMatchObject({ state: 'ok', coverage: { share: 0.5 } });

    expect(await run('look')).toMatchObject({ result: { subset: '2/2', covered: { share: 1 } } });
    expect(await statusOf('look')).toMatchObject({ coverage: { share: 1 } });
    expect((await estate.fts('status')).stdout).toContain('all data read within 1 day');
  },
  PATIENCE_MS,
);

it(
  'a check reads beside a snapshot that is being stored',
  async () => {
    await estate.declare(({ jobs }) => {
      jobs.beside = { kind: 'check', repository: 'local', readData: '1/1' };
    });
    expect(await run('save')).toMatchObject({ outcome: 'complete' });
    await estate.fill();
    const following = estate.follow('run', 'slow', '--json');
    const restic = await estate.storing();
    await whileStopped(restic, async () => {
      expect(await run('beside')).toMatchObject({ outcome: 'complete', result: { errors: 0 } });
      expect(await isRunning(restic)).toBe(true);
    });
    expect(answer(await following.ended)).toMatchObject({ outcome: 'complete' });
  },
  PATIENCE_MS,
);

describe('a check of a mirror', () => {
  const content = (name: string): string => `the content of ${name}`;
  const names = Array.from({ length: 12 }, (_, i) => `file-${String(i)}`);

  it(
    'compares a part in each run, byte for byte, and finds what went bad in the bucket',
    async () => {
      const mirror = await estate.mirror('kept');
      await estate.declare(({ jobs }) => {
        jobs['kept-look'] = { kind: 'check', remote: 'kept', readData: '1/3' };
      });
      expect(await run('kept-look')).toMatchObject({ outcome: 'failed', error: { type: 'NothingToVerify' } });

      await mirror.write(Object.fromEntries(names.map((name) => [name, content(name)])));
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      const runs = [];
      for (let i = 0; i < 3; i += 1) runs.push(await run('kept-look'));
      expect(runs).toMatchObject([
        { outcome: 'complete', result: { subset: '1/3' } },
        { outcome: 'complete', result: { subset: '2/3' } },
        { outcome: 'complete', result: { subset: '3/3', covered: { share: 1 }, errors: 0 } },
      ]);
      const compared = runs.map(({ result }) => (result as { compared: { files: number } }).compared.files);
      expect(compared.reduce((sum, files) => sum + files)).toBe(names.length);

      const bad = createHash('sha1').update(content('file-7')).digest('hex');
      await writeFile(join(estate.contents, bad), content('file-X'));
      const found = await until(async () => {
        const ended = await run('kept-look');
        return ended.outcome === 'failed' ? ended : undefined;
      });
      expect(found).toMatchObject({
        result: { errors: 1, first: [{ path: 'file-7' }] },
        error: { type: 'VerificationFailed' },
      });
      expect(await statusOf('kept-look')).toMatchObject({ state: 'failing', coverage: { share: 1 } });
    },
    PATIENCE_MS,
  );

  it(
    'that is filled for the first time ends well, and says that nothing was there yet',
    async () => {
      const mirror = await estate.mirror('filling');
      await estate.declare(({ jobs }) => {
        jobs['filling-look'] = { kind: 'check', remote: 'filling', readData: '1/1' };
      });
      await mirror.write({ one: content('one'), two: content('two') });
      let uploading = false;
      estate.standIn.faults.inject({
        match: ({ operation }) => (uploading ||= operation === 'b2_upload_file'),
        answer: 'hang',
        times: 1,
      });
      const following = estate.follow('run', 'filling', '--json');
      await until(() => uploading);
      expect(await run('filling-look')).toMatchObject({
        outcome: 'complete',
        result: {
          covered: { share: 0 },
          compared: { files: 0 },
          errors: 0,
          notYet: expect.stringContaining('first time') as string,
        },
      });
      expect(await statusOf('filling-look')).toMatchObject({ state: 'ok', coverage: { share: 0 } });
      await estate.fts('cancel', 'filling');
      await following.ended;
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      expect(await run('filling-look')).toMatchObject({
        result: { covered: { share: 1 }, compared: { files: 2 } },
      });
    },
    PATIENCE_MS,
  );

  it(
    'whose worker is killed in the middle reads the part again',
    async () => {
      const mirror = await estate.mirror('slow-kept');
      await estate.declare(({ jobs }) => {
        jobs['slow-look'] = { kind: 'check', remote: 'slow-kept', readData: '1/1' };
      });
      await mirror.write({ one: content('one'), two: content('two') });
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      let reading = false;
      estate.standIn.faults.inject({
        match: ({ operation }) => (reading ||= operation.startsWith('b2_download_file')),
        answer: 'hang',
        times: 1,
      });
      const following = estate.follow('run', 'slow-look', '--json');
      const rclone = await rcloneRunning(estate.folder, 'check');
      await until(() => reading);
      process.kill(await estate.workerPid('host-here'), 'SIGKILL');
      await until(async () => !(await isRunning(rclone)));
      await estate.worker('host').ended;
      await estate.startWorker('host');
      expect(answer(await following.ended)).toMatchObject({
        outcome: 'complete',
        result: { subset: '1/1', compared: { files: 2 }, covered: { share: 1 } },
      });
    },
    PATIENCE_MS,
  );
});
