import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  PASSWORD,
  type ResticEstate,
  makeResticEstate,
  save,
  snapshotJob,
} from '../../support/restic-estate.js';

let estate: ResticEstate;
let newest: string;
const holders: ChildProcess[] = [];

beforeEach(async () => {
  estate = await makeResticEstate();
  await writeFile(join(estate.flux, 'file'), 'content');
  newest = await save(estate);
});
afterEach(async () => {
  for (const holder of holders.splice(0)) await kill(holder);
  await estate.remove();
});

/** Without those that restic is still writing under another name. */
const locks = async (): Promise<string[]> =>
  (await readdir(join(estate.repository, 'locks'))).filter((name) => /^[0-9a-f]{64}$/.test(name));

/** A plain restic that holds a shared lock for as long as its standard input stays open. */
async function holdLock(wrapper: readonly string[] = []): Promise<ChildProcess> {
  const before = (await locks()).length;
  const args = [...wrapper, 'restic', '--repo', estate.repository, 'backup', '--stdin'];
  const holder = spawn('env', args, {
    env: { ...process.env, RESTIC_PASSWORD: PASSWORD },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  holders.push(holder);
  await expect.poll(async () => (await locks()).length).toBe(before + 1);
  return holder;
}

async function kill(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  holder.kill('SIGKILL');
  await once(holder, 'exit');
}

const forget = async (): Promise<unknown> =>
  estate.run(estate.activities.forgetSnapshots, { ...(await estate.request()), snapshotId: newest });

/** The same host name, and a host name of its own, for one process. */
const onAnotherHost = ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere && exec "$@"', 'sh'];

/** A PID namespace in which the process has an id that no process has outside. */
const inContainer = [
  ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'],
  ...['echo $(($(cat /proc/sys/kernel/pid_max) - 100)) > /proc/sys/kernel/ns_last_pid; "$@"; true', 'sh'],
];

describe('a lock in the repository', () => {
  it('of a dead process of this host is removed', async () => {
    await kill(await holdLock());
    expect(await locks()).toHaveLength(1);
    expect(await forget()).toEqual({ forgotten: 0 });
    expect(await locks()).toEqual([]);
  });

  it('behind a remote is removed likewise', async () => {
    await estate.change({
      remotes: { box: { type: 'local', path: estate.space } },
      repositories: { distant: { host: 'here', remote: 'box', path: 'restic/local', password: 'password' } },
      jobs: { save: snapshotJob({ repository: 'distant' }) },
    });
    const living = await holdLock();
    await expect(forget()).rejects.toMatchObject({ type: 'RepositoryLocked', nonRetryable: false });
    expect(await locks()).toHaveLength(1);
    await kill(living);
    expect(await forget()).toEqual({ forgotten: 0 });
    expect(await locks()).toEqual([]);
  });

  it('of a living process is waited for', async () => {
    await holdLock();
    await expect(forget()).rejects.toMatchObject({ type: 'RepositoryLocked', nonRetryable: false });
    expect(await locks()).toHaveLength(1);
  });

  it.runIf(process.getuid?.() === 0)(
    'of another host stays, also beside a dead one of this host',
    async () => {
      await kill(await holdLock(onAnotherHost));
      const foreign = await locks();
      const refusal: unknown = await forget().catch((error: unknown) => error);
      const [id = ''] = foreign;
      expect(String(refusal)).toContain(
        `delete \`locks/${id.slice(0, 8)}…\` in the repository, that one file`,
      );
      expect(String(refusal)).not.toContain('unlock');
      await kill(await holdLock());
      await expect(forget()).rejects.toMatchObject({
        type: 'RepositoryLocked',
        nonRetryable: false,
        message: expect.stringMatching(/PID \d+ on elsewhere by .* ago\)/) as string,
      });
      expect(await locks()).toEqual(expect.arrayContaining(foreign));
    },
  );

  it.runIf(process.getuid?.() === 0)(
    'of a living process in a container with our host name stays',
    async () => {
      await holdLock(inContainer);
      await expect(forget()).rejects.toMatchObject({ type: 'RepositoryLocked' });
      expect(await locks()).toHaveLength(1);
    },
  );

  const put = async (content: string | Buffer): Promise<string> => {
    const id = randomBytes(32).toString('hex');
    await writeFile(join(estate.repository, 'locks', id), content);
    return id;
  };

  it('that is a piece of one stops the run, stays, and its file is named', async () => {
    await kill(await holdLock());
    const [left = ''] = await locks();
    const whole = await readFile(join(estate.repository, 'locks', left));
    await rm(join(estate.repository, 'locks', left));
    const id = await put(whole.subarray(0, 40));
    await expect(forget()).rejects.toMatchObject({
      type: 'RepositoryDamaged',
      nonRetryable: true,
      message: expect.stringContaining(`lock file ${id.slice(0, 10)}`) as string,
      details: [{ hint: expect.stringContaining(`delete \`locks/${id.slice(0, 10)}`) as string }],
    });
    expect(await locks()).toEqual([id]);
    await rm(join(estate.repository, 'locks', id));
    expect(await forget()).toEqual({ forgotten: 0 });
  });

  it('that is empty locks nothing, as restic has it, and stays', async () => {
    const id = await put('');
    expect(await forget()).toEqual({ forgotten: 0 });
    expect(await locks()).toEqual([id]);
  });
});
