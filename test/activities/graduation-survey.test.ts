import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { writeApproval } from '../../src/adapters/holds.js';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { treeOf } from '../support/tree.js';

let test: GraduationEstate;
beforeEach(async () => {
  test = await makeGraduationEstate();
});
afterEach(() => test.remove());

/** Node cannot set extended attributes, and setfattr is not on every machine. */
const python = async (code: string, path: string): Promise<string> =>
  (await execa('python3', ['-c', `import os,sys\np=sys.argv[1]\n${code}`, path])).stdout;
const hasPython =
  (await execa('python3', ['-c', 'import os; os.setxattr'], { reject: false })).exitCode === 0;

const LONG_AGO = new Date('2001-02-03T04:05:06Z');

describe('a project is kept', () => {
  const reasonOf = async (days = 40): Promise<string | undefined> => {
    const { result } = await test.graduate({ days });
    expect(result.counts).toEqual({ moved: 0, kept: 1, failed: 0 });
    expect((await test.names(test.active)).length).toBe(1);
    return result.kept[0]?.reason;
  };

  it('when one nested file has a new time', async () => {
    const path = await test.project('warm');
    const yesterday = new Date(Date.now() + 39 * 24 * 3_600_000);
    await utimes(join(path, 'deep', 'er', 'data'), yesterday, yesterday);
    expect(await reasonOf()).toMatch(/^hot/);
  });

  it('when it was unpacked just now, however old its files say they are', async () => {
    const path = await test.project('unpacked');
    for (const name of ['notes', 'deep/er/data', 'deep/er', 'deep', '.'])
      await utimes(join(path, name), LONG_AGO, LONG_AGO);
    expect(await reasonOf(0)).toMatch(/^hot/);
  });

  it('when a time in it lies in the future', async () => {
    const path = await test.project('future');
    await utimes(join(path, 'notes'), new Date('2100-01-01'), new Date('2100-01-01'));
    expect(await reasonOf()).toMatch(/^hot/);
  });

  it('when it holds .keep-local', async () => {
    await writeFile(join(await test.project('mine'), '.keep-local'), '');
    expect(await reasonOf()).toBe('opted out by .keep-local');
  });

  it('when it is a link, and what it leads to stays untouched', async () => {
    const elsewhere = join(test.folder, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, join(test.active, 'linked'));
    expect(await reasonOf()).toBe('it is a link, not a folder');
  });

  it('when it is a file', async () => {
    await writeFile(join(test.active, 'loose'), 'x');
    expect(await reasonOf()).toBe('it is not a folder');
  });

  it('when there is a socket in it', async () => {
    const path = await test.project('service');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(path, 's'), resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    expect(await reasonOf()).toBe('there is a socket in it');
  });

  it('when somebody has a file in it open', async () => {
    const file = await open(join(await test.project('used'), 'notes'), 'r');
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', file.fd] });
    onTestFinished(async () => {
      child.stdin?.end();
      await once(child, 'close');
      await file.close();
    });
    expect(await reasonOf()).toBe(`open in process ${String(child.pid)}`);
  });

  it.each([
    ['of the same name', 'cold', 'cold'],
    ['whose name differs in case only', 'cold', 'Cold'],
    ['whose name differs in Unicode normalisation only', 'caf\u00e9', 'cafe\u0301'],
  ])('when the archive has one %s, and nothing is merged', async (_, name, other) => {
    await test.project(name);
    await mkdir(join(test.projects, other));
    expect(await reasonOf()).toBe(`conflict: space/projects/${other} exists`);
    expect(await readdir(join(test.projects, other))).toEqual([]);
  });

  it('when its name is taken at the last moment, and an empty folder is not replaced', async () => {
    await test.project('cold');
    const taken = join(test.projects, 'cold');
    const { result } = await test.graduate({
      onStep: async (step) =>
        step === 'journal-publishing' ? mkdir(taken).then(() => undefined) : undefined,
    });
    expect(result.kept).toEqual([{ project: 'cold', reason: 'conflict: space/projects/cold exists' }]);
    expect(await readdir(taken)).toEqual([]);
    expect(await test.names(test.staging)).toEqual([]);
  });
});

describe('a copy in the archive', () => {
  it('has everything: links, holes, attributes, owners, times, odd names, a FIFO', async () => {
    const path = await test.project('full');
    await link(join(path, 'notes'), join(path, 'deep', 'same'));
    await symlink('/nowhere', join(path, 'dangling'));
    await lutimes(join(path, 'dangling'), 1234567890, 1234567890.123);
    await execa('truncate', ['--size', '64M', join(path, 'holes')]);
    await execa('mkfifo', [join(path, 'pipe')]);
    await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', join(path, 'notes')]);
    await execa('chmod', ['2751', join(path, 'deep')]);
    await writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0x0a, 0x2d])]), 'odd');
    if (process.getuid?.() === 0)
      await execa('chown', ['-h', '1234:2345', join(path, 'dangling'), join(path, 'notes')]);
    await execa('chmod', ['555', path]);
    const before = await treeOf(path);
    const { result } = await test.graduate();
    expect(result.moved).toMatchObject([{ project: 'full', files: 7 }]);
    const moved = join(test.projects, 'full');
    expect(await treeOf(moved)).toEqual(before);
    expect((await lstat(moved)).mode & 0o777).toBe(0o555);
    expect((await lstat(join(moved, 'holes'))).blocks).toBeLessThan(1000);
  });

  it.skipIf(!hasPython)('has extended attributes and ACLs', async () => {
    const path = await test.project('tagged');
    const acl = '0200000001000600ffffffff02000400d204000004000400ffffffff10000400ffffffff20000400ffffffff';
    const set = `os.setxattr(p+'/notes',b'user.tag',b'\\xff\\x00');os.setxattr(p+'/deep',b'user.two',b'2')
os.setxattr(p+'/notes',b'system.posix_acl_access',bytes.fromhex('${acl}'))`;
    await python(set, path);
    await test.graduate();
    const get = `print(os.getxattr(p+'/notes',b'user.tag'),os.getxattr(p+'/deep',b'user.two'))
print(os.getxattr(p+'/notes',b'system.posix_acl_access').hex())`;
    expect(await python(get, join(test.projects, 'tagged'))).toBe(`b'\\xff\\x00' b'2'\n${acl}`);
  });

  it('may have a name that is not UTF-8', async () => {
    const path = await test.project('odd');
    const name = Buffer.from([0x62, 0xff, 0x0a, 0x27]);
    await rename(path, Buffer.concat([Buffer.from(`${test.active}/`), name]));
    const { result } = await test.graduate();
    expect(result.moved).toMatchObject([
      { project: "b\\xff\\x0a'", encoded: true, destination: "space/projects/b\\xff\\x0a'" },
    ]);
    expect(await readdir(test.projects, { encoding: 'buffer' })).toEqual([name]);
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 1, waiting: 0, kept: 0 });
  });

  it('is made of one of two projects whose names differ in case only', async () => {
    await test.project('Twins', 'one');
    await test.project('twins', 'two');
    const { result } = await test.graduate();
    expect(result).toMatchObject({
      counts: { moved: 1, kept: 1, failed: 0 },
      moved: [{ project: 'Twins' }],
      kept: [{ project: 'twins', reason: 'conflict: space/projects/Twins exists' }],
    });
    expect(await test.names(test.projects)).toEqual(['Twins']);
  });

  it('is made of the second of two such projects if the first comes to nothing', async () => {
    const first = await test.project('Twins', 'one');
    await test.project('twins', 'two');
    let isFirst = true;
    const { result } = await test.graduate({
      onStep: async (step) => {
        if (step !== 'copied' || !isFirst) return;
        isFirst = false;
        await writeFile(join(first, 'more'), 'more');
      },
    });
    expect(result).toMatchObject({
      moved: [{ project: 'twins' }],
      kept: [{ project: 'Twins', reason: 'changed during the move' }],
    });
    expect(await test.names(test.projects)).toEqual(['twins']);
  });

  it('gets a dated name where the job says so', async () => {
    await test.remove();
    test = await makeGraduationEstate({ onConflict: 'date' });
    await test.project('cold');
    await mkdir(join(test.projects, 'COLD'));
    const { result } = await test.graduate();
    expect(result.moved[0]?.destination).toMatch(/^space\/projects\/cold-\d{4}-\d\d-\d\d$/);
    expect(await readdir(join(test.projects, 'COLD'))).toEqual([]);
  });
});

describe('a name that is taken, and behind which no date fits', () => {
  const NAME = 'n'.repeat(250);

  it('keeps the project, and does so no longer than the name is taken', async () => {
    await test.remove();
    test = await makeGraduationEstate({ onConflict: 'date' });
    await test.project(NAME);
    await mkdir(join(test.projects, NAME));
    const { result } = await test.graduate();
    expect(result).toMatchObject({
      counts: { moved: 0, kept: 1, failed: 0 },
      kept: [{ reason: expect.stringMatching(/^conflict: .* exists, and no date fits/) as string }],
    });
    expect(await readdir(test.staging).catch(() => [])).toEqual([]);
    await rm(join(test.projects, NAME), { recursive: true });
    expect((await test.graduate({ run: 'next' })).result.counts).toMatchObject({ moved: 1 });
  });
});

describe('a run is held', () => {
  const many = async (): Promise<void> => {
    for (const n of [1, 2, 3, 4, 5, 6]) await test.project(`p${String(n)}`);
  };

  it('when more than five and more than half of all projects are cold at once, until a person approves', async () => {
    await many();
    const { result, biggest } = await test.graduate();
    expect(result.counts).toEqual({ moved: 0, kept: 6, failed: 0 });
    expect(result.hold).toMatchObject({
      reason: expect.stringMatching(/^6 of 6 projects are cold/) as string,
    });
    expect(biggest).toHaveLength(6);
    expect((await test.names(test.active)).length).toBe(6);

    const { planHash = '' } = result.hold ?? {};
    const expires = new Date(Date.now() + 60_000).toISOString();
    await writeApproval(test.state, {
      estate: 'testbed',
      job: 'graduation',
      planHash,
      bounds: {},
      expires,
      nonce: 'n'.repeat(20),
    });
    const approved = { run: 'run-2' };
    const broken = test.graduate({
      ...approved,
      onStep: (step) => {
        if (step === 'hidden') throw new Error('power cut');
      },
    });
    await expect(broken).rejects.toThrow('power cut');
    expect((await test.graduate(approved)).result.counts).toEqual({ moved: 6, kept: 0, failed: 0 });
  });

  it('not for projects whose names are taken, which can not go: they are told, and the others go', async () => {
    await many();
    for (const name of await readdir(test.active)) await mkdir(join(test.projects, name));
    await test.project('free');
    const { result } = await test.graduate();
    expect(result).toMatchObject({
      counts: { moved: 1, kept: 6, failed: 0 },
      moved: [{ project: 'free' }],
    });
    expect(result.hold).toBeUndefined();
    expect(result.kept[0]).toEqual({ project: 'p1', reason: 'conflict: space/projects/p1 exists' });
    expect((await test.names(test.active)).length).toBe(6);
  });

  it('not by files of such projects, which nobody would take away', async () => {
    await test.remove();
    test = await makeGraduationEstate({ limits: { deletes: 2 } });
    for (const name of ['one', 'taken']) await test.project(name);
    await mkdir(join(test.projects, 'taken'));
    const { result } = await test.graduate();
    expect(result.hold).toBeUndefined();
    expect(result.counts).toEqual({ moved: 1, kept: 1, failed: 0 });
  });

  it('when it would take away more than its limits allow', async () => {
    await test.remove();
    test = await makeGraduationEstate({ limits: { deletes: 1 } });
    await test.project('cold');
    const { result } = await test.graduate();
    expect(result.hold?.reason).toMatch(/2 files would be deleted, and 1 are allowed/);
    expect(await test.names(test.active)).toEqual(['cold']);
  });
});

describe('a run fails', () => {
  const record = (endedAt: Date) =>
    test.state.write('jobs/graduation.json', { last: { endedAt: endedAt.toISOString() } });

  it.each([
    ['behind the last run', -3_600_000],
    ['far after it, and not synchronised', 400 * 24 * 3_600_000],
  ])('when the clock is %s', async (_, age) => {
    await test.project('cold');
    await record(new Date(Date.now() - age));
    const original = process.env.PATH;
    process.env.PATH = '/nowhere'; // no timedatectl that could vouch for the clock
    onTestFinished(() => void (process.env.PATH = original));
    await expect(test.graduate({ days: 0 })).rejects.toMatchObject({ type: 'ClockStep' });
  });

  it('when its destination is not there, and makes none', async () => {
    await test.project('cold');
    await rm(test.projects, { recursive: true });
    await expect(test.graduate()).rejects.toMatchObject({ type: 'PathMissing' });
    expect(await test.names(test.active)).toEqual(['cold']);
  });

  it('when its source is a link', async () => {
    await rename(test.active, join(test.folder, 'real'));
    await symlink(join(test.folder, 'real'), test.active);
    await expect(test.graduate()).rejects.toMatchObject({ type: 'PathUnsafe' });
  });
});
