import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findTool } from '../../src/adapters/tools.js';
import { fakeTool } from '../support/fake-tool.js';
import {
  type ResticEstate,
  firstRun,
  makeResticEstate,
  save,
  snapshotJob,
} from '../support/restic-estate.js';
import { treeOf } from '../support/tree.js';

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate({
    jobs: {
      save: snapshotJob({ exclude: ['scratch', 'a*b'], excludePatterns: ['*.o'] }),
      bounded: snapshotJob({ bandwidth: '10M' }),
    },
  });
});
afterEach(() => estate.remove());

describe('what a snapshot holds', () => {
  it('is the volume, byte for byte and name for name, under its own path', async () => {
    const names = [
      'plain',
      '-rf',
      '--help',
      'new\nline',
      'a b',
      `long-${'x'.repeat(250)}`,
      '$(touch pwned)',
      'é',
    ];
    for (const name of names) await writeFile(join(estate.flux, name), `content of ${name}`);
    const broken = Buffer.concat([
      Buffer.from(`${estate.flux}/bro`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('ken'),
    ]);
    await writeFile(broken, 'not UTF-8');
    await execa('mkfifo', [join(estate.flux, 'fifo')]);
    await execa('ln', [join(estate.flux, 'plain'), join(estate.flux, 'hard link')]);
    await execa('ln', ['-s', '/nowhere', join(estate.flux, 'link')]);
    await execa('truncate', ['--size', '1M', join(estate.flux, 'sparse')]);
    await mkdir(join(estate.flux, 'empty folder'), { mode: 0o751 });

    await save(estate);

    const target = await mkdtemp(join(tmpdir(), 'fts-restored-'));
    try {
      await estate.restic('restore', 'latest', '--target', target, '--sparse');
      const restored = join(target, estate.flux);
      const saved = await treeOf(estate.flux, (name) => name.startsWith('.fts'));
      expect(Object.keys(saved)).toHaveLength(names.length + 6);
      expect(await treeOf(restored)).toEqual(saved);
      expect(await readFile(join(restored, 'new\nline'), 'utf8')).toBe('content of new\nline');
    } finally {
      await rm(target, { recursive: true });
    }
  });

  it('leaves out what `exclude` names at the root only, and no sentinel travels', async () => {
    for (const folder of ['scratch', 'active/scratch', 'a*b', 'axb', 'active/a*b']) {
      await mkdir(join(estate.flux, folder), { recursive: true });
      await writeFile(join(estate.flux, folder, 'file'), folder);
    }
    await writeFile(join(estate.flux, 'main.o'), 'object');
    await save(estate);
    const listed = (await estate.restic('ls', 'latest', '--quiet'))
      .split('\n')
      .map((path) => path.replace(`${estate.flux}/`, ''));
    expect(listed).toEqual(expect.arrayContaining(['active/scratch/file', 'axb/file', 'active/a*b/file']));
    for (const absent of ['scratch', 'scratch/file', 'a*b', 'a*b/file', 'main.o', '.fts-volume', '.fts']) {
      expect(listed).not.toContain(absent);
    }
  });

  it('carries host and job in its identity', async () => {
    await save(estate);
    const [snapshot] = JSON.parse(await estate.restic('snapshots', '--json')) as {
      hostname: string;
      tags: string[];
      paths: string[];
    }[];
    expect(snapshot).toMatchObject({ hostname: 'here', tags: ['fts', 'job=save'], paths: [estate.flux] });
  });
});

describe('the result', () => {
  it('counts files and bytes as restic does', async () => {
    await writeFile(join(estate.flux, 'one'), 'x'.repeat(1000));
    await save(estate);
    await writeFile(join(estate.flux, 'one'), 'y'.repeat(1000));
    await writeFile(join(estate.flux, 'two'), 'z');
    const taken = await estate.run(estate.activities.takeSnapshot, await estate.request());
    expect(taken).toMatchObject({
      repository: 'present',
      files: { new: 1, changed: 1, unmodified: 0 },
      bytesProcessed: 1001,
    });
    expect(taken).not.toHaveProperty('unreadable');
  });

  it('is the same for a job with a bandwidth', async () => {
    await writeFile(join(estate.flux, 'one'), 'x');
    expect(await save(estate, 'bounded')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is brought by an rclone that knows the timetable, and the zone of its times, where rclone reaches the repository', async () => {
    const { path: rclone } = await findTool('rclone');
    const seen = join(estate.folder, 'seen');
    const tell = `case "$1" in serve) echo "$TZ $RCLONE_BWLIMIT" >>${seen} ;; esac`;
    await fakeTool(join(estate.folder, 'tools'), 'rclone', `${tell}\nexec ${rclone} "$@"`);
    vi.stubEnv('PATH', `${join(estate.folder, 'tools')}:${process.env.PATH ?? ''}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    await estate.change({
      remotes: { cloud: { type: 'local', path: `cloud-${randomUUID()}` } }, // its lock has the path's name
      repositories: { away: { host: 'here', remote: 'cloud', path: 'restic', password: 'password' } },
      jobs: {
        away: snapshotJob({ kind: 'backup', repository: 'away', bandwidth: '08:00,100M 23:00,off' }),
      },
    });
    await writeFile(join(estate.flux, 'one'), 'x');
    await firstRun(estate, 'away');
    const backups = (await readFile(seen, 'utf8')).trim().split('\n');
    expect(backups.at(-1)).toBe('Etc/UTC 08:00,100M 23:00,off');
  });
});

describe('a repository', () => {
  it('is made once, and its absence afterwards is an alarm', async () => {
    await firstRun(estate);
    await rm(estate.repository, { recursive: true });
    const request = await estate.request();
    for (const activity of [estate.activities.takeSnapshot, estate.activities.createRepository]) {
      await expect(estate.run<[typeof request], unknown>(activity, request)).rejects.toMatchObject({
        type: 'RepositoryMissing',
        nonRetryable: true,
        details: [{ hint: expect.stringMatching(/remove .*\/repositories\/[a-z-]+\.json /) as string }],
      });
    }
    await expect(readdir(estate.repository)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that restic made before is taken for ours', async () => {
    await mkdir(estate.repository, { recursive: true });
    await estate.restic('init');
    await writeFile(join(estate.flux, 'one'), 'x');
    await estate.run(estate.activities.createRepository, await estate.request());
    expect(await save(estate)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('with another password fails for good', async () => {
    await save(estate);
    await estate.change({
      repositories: { local: { host: 'here', volume: 'space', path: 'restic/local', password: 'wrong' } },
    });
    const error = await estate
      .run(estate.activities.takeSnapshot, await estate.request())
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ type: 'WrongPassword', nonRetryable: true });
  });

  it('behind a link is refused', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'fts-elsewhere-'));
    try {
      await execa('ln', ['-s', elsewhere, join(estate.space, 'restic')]);
      await expect(estate.run(estate.activities.takeSnapshot, await estate.request())).rejects.toMatchObject({
        type: 'PathUnsafe',
      });
      expect(await readdir(elsewhere)).toEqual([]);
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });
});

describe('the host is the authority', () => {
  it('refuses a request made for another declaration, and says what differs', async () => {
    const request = await estate.request();
    await estate.change({ jobs: { save: snapshotJob({ keep: { last: 1 } }) } });
    await expect(estate.run(estate.activities.takeSnapshot, request)).rejects.toMatchObject({
      type: 'EstateSkew',
      nonRetryable: true,
      message: expect.stringContaining('jobs.save.keep') as string,
    });
  });

  it.each(['nope', '__proto__', 'constructor', '../save'])('knows no job %j', async (job) => {
    const request = { ...(await estate.request()), job };
    await expect(estate.run(estate.activities.takeSnapshot, request)).rejects.toMatchObject({
      type: 'UnknownJob',
    });
  });

  it('reads nothing from a volume whose sentinel is gone', async () => {
    await writeFile(join(estate.flux, 'one'), 'x');
    await rm(join(estate.flux, '.fts-volume'));
    await expect(estate.run(estate.activities.takeSnapshot, await estate.request())).rejects.toMatchObject({
      type: 'VolumeUnavailable',
      message: expect.stringContaining(estate.flux) as string,
    });
    await expect(readdir(estate.repository)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
