import { randomBytes } from 'node:crypto';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BUCKET, MASTER, rclone } from '../b2-stand-in/stand-in.js';
import { answer } from '../cli/fts.js';
import {
  type MirrorEstate,
  type TestMirror,
  SLOW,
  rcloneRunning,
  slowContent,
  startMirrorEstate,
} from '../support/mirror-estate.js';

const PATIENCE_MS = 240_000;

let estate: MirrorEstate;
beforeAll(async () => {
  estate = await startMirrorEstate();
});
afterEach(() => {
  estate.standIn.faults.clear();
});
afterAll(() => estate.remove());

const text = (part: string): string => expect.stringContaining(part) as string;

const hides = (mirror: TestMirror): string[] =>
  mirror
    .versions()
    .filter(({ action, fileName }) => action === 'hide' && !fileName.includes('/.fts/'))
    .map(({ fileName }) => fileName);

/** From now on every request is refused, as B2 does once a key was deleted. */
const revoke = (): void => {
  estate.standIn.faults.inject({
    match: () => true,
    answer: { status: 401, code: 'bad_auth_token', message: 'invalid authorization token' },
    times: 100_000,
  });
};

/** Revokes the key when so many requests of a kind were heard. */
const revokeAfter = (wanted: string, count: number): void => {
  let heard = 0;
  estate.standIn.faults.inject({
    match: ({ operation }) => {
      if (operation === wanted && (heard += 1) === count + 1) revoke();
      return false;
    },
    answer: 'reset',
    times: 1,
  });
};

const DENIED = {
  outcome: 'failed',
  exitCode: 1,
  error: { type: 'RemoteDenied', hint: text('look at the key, its rights and the bucket') },
};

describe('a repository', () => {
  it('whose password is another fails the run, which writes nothing, and goes on with the right one', async () => {
    await writeFile(join(estate.flux, 'file'), 'content');
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    const file = join(estate.folder, 'secrets.yaml');
    const right = await readFile(file, 'utf8');
    await writeFile(file, stringify({ ...(parse(right) as object), password: 'another' }));
    expect(await estate.run('save')).toMatchObject({
      outcome: 'failed',
      error: { type: 'WrongPassword', message: text('repository local'), hint: text('`password`') },
    });
    await writeFile(file, right);
    expect(await snapshots()).toBe(1);
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
  });

  it('that was deleted after it was seen is not made anew', async () => {
    const aside = join(estate.folder, 'aside');
    await rename(estate.repository, aside);
    expect(await estate.run('save')).toMatchObject({
      outcome: 'failed',
      error: { type: 'RepositoryMissing', message: text('no longer there'), hint: text('bring it back') },
    });
    await expect(readdir(estate.repository)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(aside, estate.repository);
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
  });
});

const snapshots = async (): Promise<number> =>
  (JSON.parse(await estate.restic('snapshots', '--json')) as unknown[]).length;

describe('a key that is revoked', () => {
  it(
    'in the middle of an upload fails the run at once; the next one sends what is missing',
    async () => {
      const mirror = await estate.mirror('revoked-up');
      await mirror.fill(30);
      revokeAfter('b2_upload_file', 3);
      expect(await mirror.run()).toMatchObject({ ...DENIED, result: null });
      estate.standIn.faults.clear();
      const there = await mirror.names();
      expect(there.length).toBeGreaterThan(0);
      expect(there.length).toBeLessThan(30);
      expect(await mirror.run()).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 30 - there.length }, deleted: { files: 0 } },
      });
      expect(await mirror.names()).toHaveLength(30);
    },
    PATIENCE_MS,
  );

  it(
    'in the middle of a deletion fails the run at once; the next one deletes the rest',
    async () => {
      const mirror = await estate.mirror('revoked-down');
      await mirror.fill(30);
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      for (let i = 0; i < 10; i += 1) await rm(join(mirror.root, 'many', String(i)));
      revokeAfter('b2_hide_file', 3);
      expect(await mirror.run()).toMatchObject(DENIED);
      const done = hides(mirror);
      expect(done.length).toBeGreaterThan(0);
      expect(done.length).toBeLessThan(10);
      estate.standIn.faults.clear();
      expect(await mirror.run()).toMatchObject({
        outcome: 'complete',
        result: { deleted: { files: 10 - done.length } },
      });
      expect(await mirror.names()).toHaveLength(20);
    },
    PATIENCE_MS,
  );

  it('for deletions only deletes nothing, says which file, and what is new is there', async () => {
    const mirror = await estate.mirror('restricted');
    await mirror.write({ gone: 'g', stays: 's' });
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    await rm(join(mirror.root, 'gone'));
    await mirror.write({ fresh: 'f' });
    estate.standIn.faults.inject({
      match: ({ operation }) => operation === 'b2_hide_file',
      answer: { status: 403, code: 'access_denied', message: 'not allowed' },
      times: 100,
    });
    expect(await mirror.run()).toMatchObject({
      ...DENIED,
      error: { ...DENIED.error, message: text('restricted/gone') },
    });
    expect(await mirror.names()).toEqual(['fresh', 'gone', 'stays']);
    estate.standIn.faults.clear();
    expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: { files: 1 } } });
  });
});

it('a bucket that is gone fails the mirror, and is not made anew', async () => {
  const own = 'fts-own-bucket';
  await rclone(estate.standIn, ['mkdir', `b2:${own}`]);
  const mirror = await estate.mirror('bucketless');
  await estate.declare(({ remotes = {} }) => {
    const secrets = { account: 'b2-master-id', key: 'b2-master-key' };
    remotes.bucketless = { ...remotes.bucketless, path: `${own}/bucketless`, secrets };
  });
  const file = join(estate.folder, 'secrets.yaml');
  const keys = { 'b2-master-id': MASTER.id, 'b2-master-key': MASTER.key };
  await writeFile(file, stringify({ ...(parse(await readFile(file, 'utf8')) as object), ...keys }));
  await mirror.write({ a: 'a' });
  expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
  await rclone(estate.standIn, ['purge', '--b2-hard-delete', `b2:${own}`]);
  const buckets = async (): Promise<string> => String((await rclone(estate.standIn, ['lsd', 'b2:'])).stdout);
  expect(await buckets()).not.toContain(own);
  expect(await mirror.run()).toMatchObject({ ...DENIED, error: { ...DENIED.error, message: text(own) } });
  expect(await buckets()).not.toContain(own);
  expect(await buckets()).toContain(BUCKET);
});

describe('an estate that is changed', () => {
  const limit = (name: string, limits: object) =>
    estate.declare(({ jobs }) => {
      jobs[name] = { ...jobs[name], limits };
    });

  it(
    'while its job is held: the approval is for the plan that was shown, and the new one is held again',
    async () => {
      const mirror = await estate.mirror('changed-held', { limits: { deletes: 1 } });
      await mirror.fill(6);
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      for (const name of ['0', '1']) await rm(join(mirror.root, 'many', name));
      expect(await mirror.run()).toMatchObject({ outcome: 'held' });
      await estate.declare(({ jobs }) => {
        jobs['changed-held'] = { ...jobs['changed-held'], exclude: ['many/5'] };
      });
      expect(await mirror.approve()).toMatchObject({
        outcome: 'held',
        exitCode: 4,
        result: { hold: { reason: text('the approval is for another plan') } },
      });
      expect(await mirror.names()).toHaveLength(6);
      await estate.declare(({ jobs }) => {
        delete jobs['changed-held']?.exclude;
      });
      expect(await mirror.run()).toMatchObject({ outcome: 'held' });
      expect(await mirror.approve()).toMatchObject({
        outcome: 'complete',
        result: { deleted: { files: 2 } },
      });
    },
    PATIENCE_MS,
  );

  it(
    'in the middle of a run: its next step is refused, and the next run goes by the new one',
    async () => {
      const mirror = await estate.mirror('changed-run', { ...SLOW, limits: { deletes: 5 } });
      await mirror.fill(6);
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      for (const name of ['0', '1']) await rm(join(mirror.root, 'many', name));
      await mirror.write({ big: slowContent() });
      const following = mirror.follow();
      await rcloneRunning(estate.folder, 'copy');
      await limit('changed-run', { deletes: 1 });
      expect(answer(await following.ended)).toMatchObject({
        outcome: 'failed',
        error: { type: 'EstateSkew', message: text('limits') },
      });
      expect(hides(mirror)).toEqual([]);
      expect(await mirror.run()).toMatchObject({ outcome: 'held', result: { deleted: { files: 0 } } });
      await limit('changed-run', { deletes: 5 });
      expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: { files: 2 } } });
    },
    PATIENCE_MS,
  );
});

describe("a host's own records", () => {
  const record = (...path: string[]): string => join(estate.state, ...path);

  it('that are damaged are named by `fts status`, which tells all the rest, and by the run that needs them', async () => {
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    const mirror = await estate.mirror('noted', { limits: { deletes: 0 } });
    await mirror.write({ a: 'a', b: 'b' });
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    await rm(join(mirror.root, 'a'));
    expect(await mirror.run()).toMatchObject({ outcome: 'held' });
    await writeFile(record('jobs', 'save.json'), randomBytes(100));
    await writeFile(record('holds', 'noted.json'), '{"job":');
    await rm(record('volumes', 'space.json'));
    await execa('mkfifo', [record('volumes', 'space.json')]);

    const status = await estate.fts('status');
    expect(status.exitCode).toBe(1);
    for (const file of ['jobs/save.json', 'holds/noted.json']) expect(status.stderr).toContain(record(file));
    expect(status.stdout).toContain(record('volumes/space.json'));
    expect(status.stdout).toMatch(/save .*ok/);

    const approved = await estate.fts('approve', 'noted');
    expect(approved.exitCode).toBe(1);
    expect(approved.stderr).toContain('`fts run noted` plans anew and replaces it');
    expect(await mirror.run()).toMatchObject({ outcome: 'held' });
    expect(await mirror.approve()).toMatchObject({ outcome: 'complete' });

    expect(await estate.run('save')).toMatchObject({
      outcome: 'failed',
      error: {
        type: 'StateCorrupt',
        message: text(record('volumes/space.json')),
        hint: text('fts provision space'),
      },
    });
    await rename(record('volumes', 'space.json'), record('volumes', 'space.json.damaged'));
    expect((await estate.fts('provision', 'space')).exitCode).toBe(0);
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    expect((await estate.fts('status')).stderr).not.toContain('cannot be used');
  });

  it('that are gone altogether let no job in until the volumes were provisioned again', async () => {
    const before = await snapshots();
    await rm(estate.state, { recursive: true });
    expect(await estate.run('save')).toMatchObject({
      outcome: 'failed',
      error: { type: 'VolumeUnavailable', hint: text('fts provision') },
    });
    for (const volume of ['flux', 'space']) expect((await estate.fts('provision', volume)).exitCode).toBe(0);
    expect(await estate.run('save')).toMatchObject({ outcome: 'complete' });
    expect(await snapshots()).toBe(Math.min(before + 1, 5));
  });
});
