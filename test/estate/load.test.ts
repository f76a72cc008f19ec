import { execFileSync } from 'node:child_process';
import { chmod, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadEstate } from '../../src/estate/load.js';
import { findingsOf, load, SMALL, temporaryFolder } from './sandbox.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');

describe('the reference estate', () => {
  it('loads whole, with every value parsed', async () => {
    const { estate, warnings, directory } = await loadEstate(join(EXAMPLES, 'miket.yaml'));
    expect(warnings).toEqual([]);
    expect(directory).toBe(EXAMPLES);
    expect(estate).toMatchObject({ estate: 'miket', timezone: 'America/New_York' });
    expect(estate.hosts.motoko).toEqual({
      platform: 'linux',
      role: 'server',
      user: 'mdt',
      tags: ['tag:server'],
    });
    expect(Object.keys(estate.volumes)).toEqual(['flux', 'time', 'space']);
    expect(estate.volumes.flux?.directories).toEqual(['active', 'scratch', 'models', '.policy']);
    expect(estate.shares.time?.timeMachine?.maxSize).toBe(7 * 2 ** 40);
    expect(estate.repositories['flux-b2']?.environment).toEqual({
      B2_ACCOUNT_ID: 'b2-restic-id',
      B2_ACCOUNT_KEY: 'b2-restic-key',
    });
    expect(estate.jobs['flux-snapshot']).toEqual({
      kind: 'snapshot',
      volume: 'flux',
      repository: 'flux-local',
      cron: '0 * * * *',
      keep: { hourly: 24, daily: 7 },
      exclude: ['scratch'],
      excludePatterns: [],
      paused: false,
    });
    expect(estate.jobs['space-mirror']).toMatchObject({
      limits: { deletes: 1000, deleteBytes: 10 * 2 ** 30, deleteShare: 0.05, changeShare: 0.3 },
    });
    expect(estate.jobs['flux-graduation']).toMatchObject({
      inactive: 30 * 86_400,
      keepSource: 7 * 86_400,
      onConflict: 'refuse',
    });
    expect(estate.jobs['flux-b2-check']).toMatchObject({ readData: 1 / 28 });
    expect(estate.jobs['flux-drill']).toMatchObject({ sample: 25 });
    expect(estate.secrets?.files['/etc/fts/storage.env']?.variables.RESTIC_PASSWORD).toBe('restic-password');
    expect(estate.devices.armitage?.drives).toEqual({ flux: 'X', space: 'S', time: 'T' });
    expect(estate.notify).toHaveLength(1);
    expect(estate.operators).toEqual({});
    expect(estate.restoreRoots).toEqual({});
  });

  it('has a small sister to start from', async () => {
    const { estate, warnings } = await loadEstate(join(EXAMPLES, 'one-disk.yaml'));
    expect(warnings).toEqual([]);
    expect(estate.repositories['work-local']?.host).toBe('desk');
  });
});

describe('what is valid', () => {
  it('takes a byte-order mark and CRLF', async () => {
    const { estate } = await load(`\ufeff${SMALL.replaceAll('\n', '\r\n')}`);
    expect(estate.estate).toBe('home');
  });

  it('counts columns without the byte-order mark and with CRLF', async () => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(
      file,
      `\ufeff${SMALL.replace('estate: home', 'estate: my home').replaceAll('\n', '\r\n')}`,
    );
    expect(await findingsOf(file)).toMatchObject([{ line: 1, column: 9, path: 'estate' }]);
  });

  it('reads YAML 1.2: no and off are text, an anchor stands for its value', async () => {
    const { estate } = await load(
      SMALL.replace('filesystem: xfs }', 'filesystem: xfs, label: &label no }').replace(
        '/backup, filesystem: xfs',
        '/backup, filesystem: xfs, label: *label',
      ),
    );
    expect(estate.volumes.work?.label).toBe('no');
    expect(estate.volumes.backup?.label).toBe('no');
  });

  it('needs no more than estate, timezone, hosts and volumes', async () => {
    const { estate } = await load(
      'estate: Home_2\ntimezone: UTC\nhosts: { a: { platform: macos } }\nvolumes: { v: { host: a, mountpoint: here/it/is, filesystem: directory } }\n',
    );
    expect(estate).toEqual({
      estate: 'Home_2',
      timezone: 'UTC',
      hosts: { a: { platform: 'macos', tags: [] } },
      volumes: { v: { host: 'a', mountpoint: 'here/it/is', filesystem: 'directory', directories: [] } },
      shares: {},
      repositories: {},
      remotes: {},
      jobs: {},
      devices: {},
      notify: [],
      operators: {},
      restoreRoots: {},
    });
  });

  it.each([
    ['of its volume', 'local: { volume: backup, path: restic, password: p }'],
    ['of the job that writes it', "local: { url: 'b2:bucket:path', password: p }"],
  ])('gives a repository without host the host %s', async (_, repository) => {
    const { estate } = await load(
      SMALL.replace(/local: \{.*\}/, repository).replace(
        '{ platform: linux }',
        '{ platform: linux }\n  tower: { platform: linux }',
      ),
    );
    expect(estate.repositories.local?.host).toBe('desk');
  });

  it('takes the keys that the reference estate does not show', async () => {
    const key = `ssh-ed25519 ${Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, 7)]).toString('base64')} mike@desk`;
    const { estate } = await load(
      SMALL.replace(
        'keep: { hourly: 24 }',
        "keep: { hourly: 0, yearly: 3 }\n    paused: true\n    jitter: 5m\n    slo: 1.5h\n    exclude: [a/b/]\n    excludePatterns: ['*.tmp']\n    bandwidth: 'Mon-08:00,2M:10M Sun-23:00,off'",
      ) +
        `operators: { mike: "${key}" }\nrestoreRoots: { desk: [/srv/restored] }\nremotes: { box: { type: sftp, options: { port: 22, host: example.net } } }\n`,
    );
    expect(estate.jobs.hourly).toMatchObject({
      paused: true,
      jitter: 300,
      slo: 5400,
      excludePatterns: ['*.tmp'],
    });
    expect(estate.operators.mike).toBe(key);
    expect(estate.remotes.box?.options).toEqual({ port: '22', host: 'example.net' });
  });

  it('follows a link to the file', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'real.yaml'), SMALL);
    await symlink('real.yaml', join(folder, 'estate.yaml'));
    expect((await loadEstate(join(folder, 'estate.yaml'))).estate.estate).toBe('home');
  });

  it('takes relative paths from the folder of the file, whatever link led to it', async () => {
    const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    await writeFile(join(folder, 'estate.yaml'), SMALL);
    await symlink(join(folder, 'estate.yaml'), join(elsewhere, 'link.yaml'));
    const { directory, file } = await loadEstate(join(elsewhere, 'link.yaml'));
    expect(directory).toBe(await realpath(folder));
    expect(file).toBe(join(elsewhere, 'link.yaml'));
  });
});

describe('warnings', () => {
  it('tells of two jobs that write one repository at the same minute', async () => {
    const second = (cron: string) =>
      `${SMALL}  second: { kind: backup, volume: work, repository: local, keep: { last: 1 }, cron: '${cron}' }\n`;
    expect((await load(second('30 5 * * *'))).warnings).toEqual([]);
    expect((await load(second('0 5 29 2 *'))).warnings).toMatchObject([
      {
        line: 17,
        path: 'jobs.second.cron',
        message: 'writes repository "local" at the same minute as job "hourly": one waits for the other',
      },
    ]);
  });

  it('tells of two names for one repository, one machine, and of a drive that is never touched', async () => {
    const { warnings } = await load(
      SMALL.replace(
        '{ platform: linux }',
        '{ platform: linux }\n  other: { platform: linux, hostname: DESK }',
      )
        .replace('jobs:', '  again: { volume: backup, path: restic/, password: p }\njobs:')
        .replace('/work, filesystem: xfs', '/work, filesystem: directory, drive: { serial: X }'),
    );
    expect(warnings.map(({ path }) => path)).toEqual([
      'hosts.other.hostname',
      'volumes.work.drive',
      'repositories.again.path',
    ]);
  });
});

describe('a file that is none', () => {
  const refusal = async (file: string) => {
    const [finding, ...more] = await findingsOf(file);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ file, path: '' });
    return `${String(finding?.line)}:${String(finding?.column)} ${String(finding?.message)}`;
  };

  it.each([
    ['nothing', ''],
    ['blank lines and comments', '\n# nothing\n\n'],
    ['a document mark', '---\n'],
    ['two document marks', '---\n...\n'],
  ])('holds %s', async (_, text) => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(file, text);
    expect(await refusal(file)).toBe('1:1 the file is empty, expected estate, timezone, hosts and volumes');
  });

  it.each([
    [
      'bytes that are not UTF-8',
      Buffer.from('estate: h\u00f6me\nuser: m\u00fcller\xff', 'latin1'),
      '1:10 found the byte 0xf6, which is not UTF-8, expected UTF-8',
    ],
    [
      'a character cut short, after a byte-order mark',
      Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0x0a, 0xc3, 0xa4, 0xf0, 0x9f]),
      '2:2 found the byte 0xf0, which is not UTF-8, expected UTF-8',
    ],
    ['UTF-16', Buffer.from(`\ufeff${SMALL}`, 'utf16le'), '1:1 found UTF-16, expected UTF-8'],
    ['NUL', Buffer.from('estate: h\0me\n'), '1:10 found the control character U+0000, expected text'],
    [
      'an escape sequence',
      Buffer.from('estate: home\ntimezone: \x1b[31m\n'),
      '2:11 found the control character U+001B, expected text',
    ],
    [
      'line ends of CR alone',
      Buffer.from(SMALL.replaceAll('\n', '\r')),
      '1:13 found the control character U+000D, expected text',
    ],
    [
      'more than 1 MiB',
      Buffer.from(`${SMALL}${'#'.repeat(1024 * 1024)}`),
      '1:1 found a file of more than 1 MiB, expected an estate file',
    ],
    [
      'brackets without end',
      Buffer.from(`estate: ${'['.repeat(100_000)}`),
      '1:73 found more than 64 levels, expected an estate',
    ],
  ])('holds %s', async (_, bytes, expected) => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(file, bytes);
    expect(await refusal(file)).toBe(expected);
  });

  it('holds nothing but mistakes', async () => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(file, '"'.repeat(400_000));
    expect(await refusal(file)).toMatch(/^1:\d+ malformed YAML: /);
  });

  it('is not there', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    expect(await refusal(join(folder, 'estate.yaml'))).toBe('1:1 no such file');
    expect(await refusal(join(folder, 'file/estate.yaml'))).toBe(
      '1:1 no such file: part of its path is not a folder',
    );
    expect(await refusal(join(folder, 'x'.repeat(300)))).toContain('1:1 the file cannot be read: ');
    expect(await refusal(join(folder, 'a\0b'))).toContain('1:1 the file cannot be read: ');
  });

  it('is a folder, a FIFO, a socket or a device, and is not opened', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const server = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await refusal(join(folder, 'folder'))).toBe('1:1 found a directory, expected a regular file');
    expect(await refusal(join(folder, 'fifo'))).toBe('1:1 found a FIFO, expected a regular file');
    expect(await refusal(join(folder, 'socket'))).toBe('1:1 found a socket, expected a regular file');
    expect(await refusal('/dev/null')).toBe('1:1 found a device, expected a regular file');
  });

  it.skipIf(process.getuid?.() === 0)('may not be read', async () => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await writeFile(file, SMALL);
    await chmod(file, 0);
    expect(await refusal(file)).toBe('1:1 the file cannot be read: permission denied');
  });

  it('is a link in a circle', async () => {
    const file = join(await temporaryFolder(), 'estate.yaml');
    await symlink('estate.yaml', file);
    expect(await refusal(file)).toBe('1:1 the file cannot be read: its links go round in circles');
  });
});
