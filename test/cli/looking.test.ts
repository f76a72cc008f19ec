import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LookBed, PASSWORD, lookBed, save } from '../support/look-bed.js';

let bed: LookBed;
/** Three snapshots as people take them: from elsewhere and absolute, from within, and of several things. */
let [absolute, within, several]: string[] = [];

const NOT_UTF8 = Buffer.from('caf\xe9.txt', 'latin1');
const HOSTILE = [
  'new\nline.txt',
  '-rf',
  '[g]*?.txt',
  'back\\xe9slash.txt',
  'esc\u001b[31m.txt',
  'a-v2026-01-01-000000-000.txt',
];

beforeAll(async () => {
  bed = await lookBed({
    repositories: {
      unborn: { host: 'here', volume: 'space', path: 'unborn', password: 'password' },
      distant: { host: 'far', url: '/srv/repository', password: 'password' },
    },
    jobs: { too: save('unborn') },
  });
  const thesis = join(bed.flux, 'active', 'thesis');
  await mkdir(join(thesis, 'figures'), { recursive: true });
  await writeFile(join(thesis, 'text.tex'), 'first');
  await writeFile(join(thesis, 'lost.tex'), 'was here');
  for (const name of HOSTILE) await writeFile(join(thesis, name), name);
  await writeFile(Buffer.concat([Buffer.from(`${thesis}/`), NOT_UTF8]), 'not UTF-8');
  const folder = Buffer.concat([Buffer.from(`${thesis}/`), Buffer.from('d\xfcr', 'latin1')]);
  await mkdir(folder);
  await writeFile(Buffer.concat([folder, Buffer.from('/inner.txt')]), 'inner');
  await bed.makeRepository();
  const backup = ['backup', '--quiet', '--time'];
  await bed.restic(bed.folder, ...backup, '2026-11-18 10:00:00', '--host', 'laptop', bed.flux);
  await writeFile(join(thesis, 'text.tex'), 'second one');
  await execa('rm', [join(thesis, 'lost.tex')]);
  await bed.restic(bed.flux, ...backup, '2026-11-19 10:00:00', '.');
  await writeFile(join(bed.flux, 'active', 'new.txt'), 'new');
  await bed.restic(
    bed.folder,
    ...backup,
    '2026-11-20 10:00:00',
    '--tag',
    'partial',
    'flux/active',
    '/etc/hostname',
  );
  const listed = JSON.parse(await bed.restic(bed.folder, 'snapshots', '--json')) as { id: string }[];
  [absolute, within, several] = listed.map(({ id }) => id);
});
afterAll(() => bed.remove());

const names = (nodes: unknown): string[] => (nodes as { name: string }[]).map(({ name }) => name);

describe('fts snapshots', () => {
  it('lists what plain restic made, the newest first, with restic’s own fields', async () => {
    const { snapshots } = await bed.json('snapshots', 'local');
    expect(snapshots).toMatchObject([
      { id: several, repository: 'local', tags: ['partial'], partial: true },
      {
        id: within,
        paths: [bed.flux],
        shortId: within?.slice(0, 8),
        time: expect.stringMatching(/Z$/) as string,
      },
      { id: absolute, hostname: 'laptop', summary: { totalFilesProcessed: 10 } },
    ]);
  });

  it('leaves out a repository that was never made, and one of another host, and says so', async () => {
    const { exitCode, stdout, stderr } = await bed.run('snapshots');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(several?.slice(0, 8));
    expect(stderr).toMatch(/unborn is not there yet/);
    expect(stderr).toMatch(/distant is looked after by far/);
  });

  it.each([
    ['locl', 2, /did you mean local/],
    ['distant', 2, /run it on far/],
    ['unborn', 1, /there is none/],
  ])('of %s ends with %d', async (repository, code, said) => {
    const { exitCode, stderr } = await bed.run('snapshots', repository);
    expect(exitCode).toBe(code);
    expect(stderr).toMatch(said);
  });
});

describe('fts ls', () => {
  it('lists a folder of the newest snapshot, and says that it is partial', async () => {
    const { exitCode, stdout, stderr } = await bed.run('ls', 'flux/active');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/new\.txt\n.*thesis\//);
    expect(stderr).toMatch(/partial/);
  });

  it('lists the same folder wherever a snapshot has it', async () => {
    for (const snapshot of [absolute, within, several]) {
      const { nodes, snapshot: told } = await bed.json(
        'ls',
        snapshot?.slice(0, 6) ?? '',
        'flux/active/thesis/',
      );
      expect(told).toMatchObject({ id: snapshot });
      expect(names(nodes)).toContain('text.tex');
    }
    expect(names((await bed.json('ls', within ?? '', 'flux')).nodes)).toEqual(['active']);
  });

  it('lists what was there at a time', async () => {
    const { snapshot } = await bed.json('ls', '--at', '2026-11-19', 'flux/active/thesis');
    expect(snapshot).toMatchObject({ id: within });
    const exactly = await bed.json('ls', '--at', '2026-11-18T10:00:00Z', 'flux/active/thesis');
    expect(exactly).toMatchObject({ snapshot: { id: absolute } });
  });

  it('prints hostile names so that they do no harm, and understands them as printed', async () => {
    const { nodes } = await bed.json('ls', 'flux/active/thesis');
    const encoded = (nodes as { name: string; encoded?: true }[]).filter((node) => node.encoded);
    expect(names(encoded).sort()).toEqual(
      ['caf\\xe9.txt', 'd\\xfcr', 'esc\\x1b[31m.txt', 'new\\x0aline.txt'].sort(),
    );
    expect(names(nodes)).toEqual(expect.arrayContaining(['-rf', '[g]*?.txt', 'back\\xe9slash.txt']));
    const { stdout } = await bed.run('ls', 'flux/active/thesis');
    expect(stdout).not.toContain('\u001b[31m');
    for (const name of [...names(encoded), 'back\\xe9slash.txt']) {
      const found = await bed.json('ls', `flux/active/thesis/${name}`);
      if (!name.startsWith('d\\xfc')) expect(found).toMatchObject({ nodes: [{ name }] });
      else expect(found).toMatchObject({ nodes: [{ name: 'inner.txt' }] });
    }
  });

  it('lists everything below with --recursive, and so many entries as are wanted', async () => {
    const { nodes, counts } = await bed.json('ls', 'flux', '--recursive', '--limit', '3');
    expect(names(nodes)).toHaveLength(3);
    const { nodes: all } = await bed.json('ls', 'flux', '--recursive');
    expect(counts).toMatchObject({ entries: names(all).length });
    const paths = (all as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['flux/active/thesis/d\\xfcr/inner.txt', 'flux/active/thesis/caf\\xe9.txt']),
    );
  });

  it('names the newest snapshot that has what the newest has not', async () => {
    const { exitCode, stderr } = await bed.run('ls', 'flux/active/thesis/lost.tex');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`give ${absolute?.slice(0, 8) ?? ''} as the snapshot`);
    expect((await bed.run('ls', absolute ?? '', 'flux/active/thesis/lost.tex')).exitCode).toBe(0);
  });

  it.each([
    [['flux/active/tesis'], /did you mean flux\/active\/thesis\?/],
    [['fluxx/active'], /did you mean flux\?/],
    [['space/anything'], /no job saves the volume space/],
    [['ffff', 'flux'], /holds no snapshot "ffff".*\n.*the newest: /],
    [['--at', '2026-11-17', 'flux'], /as old as "2026-11-17".*\n.*the oldest: /],
    [['--at', 'tomorrow', 'flux'], /is no time/],
    [['--at', '2030-01-01', 'flux'], /in the future/],
    [['/flux'], /it is absolute/],
    [['flux/../etc'], /`\.\.`/],
    [['--repository', 'distant', 'flux'], /run it on far/],
  ])('%j is a wrong request', async (args, said) => {
    const { exitCode, stdout, stderr } = await bed.run('ls', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(said);
    expect(await bed.json('ls', ...args)).toEqual({
      error: expect.objectContaining({ type: 'Usage' }) as unknown,
    });
  });
});

describe('fts find', () => {
  it('lists the distinct versions of a file, the oldest last, with the snapshots that have each', async () => {
    const { matches } = await bed.json('find', 'text.tex');
    expect(matches).toEqual([
      {
        path: 'flux/active/thesis/text.tex',
        versions: [
          {
            modified: expect.any(String) as string,
            size: 10,
            type: 'file',
            repository: 'local',
            snapshots: [several, within],
          },
          {
            modified: expect.any(String) as string,
            size: 5,
            type: 'file',
            repository: 'local',
            snapshots: [absolute],
          },
        ],
      },
    ]);
  });

  it.each([
    ['lost.*', ['flux/active/thesis/lost.tex']],
    ['flux/active/*.txt', ['flux/active/new.txt']],
    ['thesis/text.tex', ['flux/active/thesis/text.tex']],
    ['thesis', ['flux/active/thesis']],
    ['hostname', ['/etc/hostname']],
    ['\\[g\\]*', ['flux/active/thesis/[g]*?.txt']],
    ['-rf', ['flux/active/thesis/-rf']],
    ['caf*', ['flux/active/thesis/caf\\xe9.txt']],
    ['caf\\xe9.txt', ['flux/active/thesis/caf\\xe9.txt']],
    ['inner.txt', ['flux/active/thesis/d\\xfcr/inner.txt']],
    ['nothing at all', []],
  ])('%s', async (pattern, paths) => {
    const { matches, problems } = await bed.json('find', '--', pattern);
    expect((matches as { path: string }[]).map(({ path }) => path)).toEqual(paths);
    expect(problems).toBeUndefined();
  });

  it('says in which snapshots, for people', async () => {
    const { stdout } = await bed.run('find', 'text.tex');
    expect(stdout).toMatch(/^flux\/active\/thesis\/text\.tex\n.* 10 B {2}local: 2 snapshots, the newest/);
  });

  it('goes on when a repository cannot be opened, and is no success then', async () => {
    const broken = { host: 'here', volume: 'space', path: 'local', password: 'wrong' };
    await bed.change({ repositories: { broken } });
    const found = await bed.json('find', 'text.tex');
    expect(found).toMatchObject({
      matches: [{}],
      problems: [{ repository: 'broken', type: 'WrongPassword' }],
    });
    const { exitCode } = await bed.run('find', 'text.tex');
    expect(exitCode).toBe(1);
    const refused = await bed.run('find', 'text.tex', '--repository', 'broken', '--json');
    expect(refused.exitCode).toBe(2);
    expect(refused.stdout).not.toContain('another password');
  });
});

describe('fts diff', () => {
  it('compares a folder wherever each snapshot has it', async () => {
    const { changes, counts } = await bed.json('diff', absolute ?? '', within ?? '', 'flux/active');
    expect(changes).toEqual([
      { path: 'flux/active/thesis/lost.tex', modifier: '-' },
      { path: 'flux/active/thesis/text.tex', modifier: 'M' },
    ]);
    expect(counts).toEqual({ changes: 2 });
  });

  it('compares whole snapshots, as they are, with restic’s own counts', async () => {
    const found = await bed.json('diff', within?.slice(0, 8) ?? '', 'latest', '--repository', 'local');
    expect(found).toMatchObject({ sourceSnapshot: within, targetSnapshot: several, changedFiles: 0 });
    const paths = (found.changes as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/etc/hostname', '/flux/active/thesis/caf\\xe9.txt']));
  });

  it('compares one file', async () => {
    const { changes } = await bed.json('diff', absolute ?? '', 'latest', 'flux/active/thesis/text.tex');
    expect(changes).toEqual([{ path: 'flux/active/thesis/text.tex', modifier: 'M' }]);
  });

  it.each([
    [['ffff', 'latest'], /no snapshot "ffff"|does not hold/],
    [['latest', 'latest', 'flux/nothing'], /is not in snapshot/],
  ])('%j is a wrong request', async (args, said) => {
    const { exitCode, stderr } = await bed.run('diff', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(said);
  });
});

it('a snapshot of another place is taken for the only volume that is saved there, and that is said', async () => {
  const moved = await lookBed();
  try {
    await mkdir(join(moved.folder, 'old', 'active'), { recursive: true });
    await writeFile(join(moved.folder, 'old', 'active', 'a.txt'), 'a');
    await moved.makeRepository();
    await moved.restic(moved.folder, 'backup', '--quiet', join(moved.folder, 'old'));
    const { assumed, nodes } = await moved.json('ls', 'flux/active');
    expect({ assumed, names: names(nodes) }).toEqual({
      assumed: join(moved.folder, 'old'),
      names: ['a.txt'],
    });
    expect(await moved.json('find', 'a.txt')).toMatchObject({ matches: [{ path: 'flux/active/a.txt' }] });
  } finally {
    await moved.remove();
  }
});

it('what looks leaves no lock behind, and tells no secret', async () => {
  expect(await readdir(join(bed.repository, 'locks'))).toEqual([]);
  const { stdout, stderr } = await bed.run('snapshots', '--json');
  expect(stdout + stderr).not.toContain(PASSWORD);
});
