import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compiled } from '../support/fts.js';
import { PASSPHRASE, SECRETS, kitBed } from '../support/kit-bed.js';

let bed: Awaited<ReturnType<typeof kitBed>>;
beforeEach(async () => {
  bed = await kitBed();
});
afterEach(() => bed.remove());

const leaks = (text: string): string[] =>
  [...Object.values(SECRETS), PASSPHRASE].filter((value) => text.includes(value));

describe('fts kit', () => {
  it('holds what plain restic needs to bring files back from each repository, on a machine without us', async () => {
    await writeFile(join(bed.folder, 'flux', 'thesis.tex'), 'chapter one');
    const { exitCode } = await bed.kit();
    expect(exitCode).toBe(0);
    const opened = await bed.open();
    expect(await readFile(join(opened, 'estate.yaml'), 'utf8')).toBe(
      await readFile(bed.env.FTS_ESTATE, 'utf8'),
    );
    expect(parse(await readFile(join(opened, 'secrets.yaml'), 'utf8'))).toEqual(SECRETS);
    for (const name of ['local', 'away']) {
      const there = async (command: string): Promise<string> =>
        (await execa('sh', ['-c', `. ./repositories/${name}.env; ${command}`], { cwd: opened })).stdout;
      await there('restic init');
      await there(`restic backup ${bed.folder}/flux`);
      await there(`restic restore latest --target restored-${name}`);
      const restored = join(opened, `restored-${name}`, bed.folder, 'flux', 'thesis.tex');
      expect(await readFile(restored, 'utf8')).toBe('chapter one');
    }
    const remote = '. ./remotes/box.env; rclone lsf "$FTS_REMOTE"';
    expect((await execa('sh', ['-c', remote], { cwd: opened })).stdout).toContain('away/');
    expect(await readFile(join(opened, 'README.txt'), 'utf8')).toContain(
      '(. ./repositories/away.env; restic snapshots)',
    );
  });

  it('is nobody else’s to read, and so is what comes out of it', async () => {
    await bed.kit();
    const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
    expect(await modeOf(bed.file)).toBe(0o600);
    const opened = await bed.open();
    expect(await modeOf(join(opened, 'secrets.yaml'))).toBe(0o600);
    expect(await modeOf(join(opened, 'repositories', 'local.env'))).toBe(0o600);
    expect(await readdir(bed.folder)).not.toContainEqual(expect.stringMatching(/\.tmp$/));
  });

  it('opens with age itself, where that is installed', async ({ skip }) => {
    const found = await execa('age', ['--version'], { reject: false });
    const script = await execa('script', ['--version'], { reject: false });
    skip(found.exitCode !== 0 || script.exitCode !== 0, 'age is not installed');
    await bed.kit();
    const child = spawn('script', ['-qec', `age --decrypt --output opened.tar ${bed.file}`, '/dev/null'], {
      cwd: bed.folder,
    });
    let asked = '';
    child.stdout.on('data', (data: Buffer) => {
      asked += data.toString();
      if (/passphrase/i.test(asked)) child.stdin.end(`${PASSPHRASE}\n`);
    });
    await once(child, 'close');
    const { stdout } = await execa('tar', ['-tf', join(bed.folder, 'opened.tar')]);
    expect(stdout.split('\n')[0]).toBe('README.txt');
  });

  it('tells no value: not on the terminal, in its record, or in the encrypted file', async () => {
    const said = [
      await bed.kit(),
      await bed.kit('--list'),
      await bed.kit('--verify'),
      await bed.run('status'),
    ];
    const texts = [...said.flatMap(({ stdout, stderr }) => [stdout, stderr]), await bed.record()];
    texts.push(await readFile(bed.file, 'latin1'));
    expect(leaks(texts.join('\n'))).toEqual([]);
  });

  it('replaces nothing unless told to, not even through a link', async () => {
    await writeFile(bed.file, 'holiday photos');
    const refused = await bed.kit();
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/is there already, and nothing was written/);
    expect(await readFile(bed.file, 'utf8')).toBe('holiday photos');
    expect((await bed.kit('--force')).exitCode).toBe(0);
    expect((await bed.kit('--list')).exitCode).toBe(0);
    const link = join(bed.folder, 'link.age');
    await symlink(join(bed.folder, 'nowhere'), link);
    expect((await bed.run('kit', link, '--passphrase-file', bed.passphrase)).exitCode).toBe(2);
    expect(await readdir(bed.folder)).not.toContain('nowhere');
  });

  it('puts itself in the place of files alone', async () => {
    const pipe = join(bed.folder, 'pipe');
    await execa('mkfifo', [pipe]);
    const refused = await bed.run('kit', pipe, '--force', '--passphrase-file', bed.passphrase);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });

  it('says which secrets are missing, in the kit too, and ends with 1', async () => {
    await bed.declare({ distant: { host: 'far', url: 'b2:bucket:x', password: 'far-password' } });
    const exit = await bed.kit();
    expect(exit).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('MISSING: far-password (repository distant)') as string,
    });
    const listed = await bed.kitJson('--list');
    expect(listed).toMatchObject({
      secrets: ['restic-password', 'box-key'],
      missing: [{ secret: 'far-password', neededBy: ['repository distant'] }],
    });
    const opened = await bed.open();
    expect(await readFile(join(opened, 'README.txt'), 'utf8')).toContain(
      'far-password, needed by repository distant',
    );
    expect(await readFile(join(opened, 'repositories', 'distant.env'), 'utf8')).toContain(
      'MISSING: the value of the secret far-password',
    );
  });

  it('writes none without any secret, as by the wrong user', async () => {
    await bed.keep({});
    expect(await bed.kit()).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no secret of the estate has a value here') as string,
    });
    expect(await readdir(bed.folder)).not.toContain('kept.age');
  });

  it('names what is in it, and refuses another passphrase and a damaged file', async () => {
    await bed.kit();
    expect(await bed.kitJson('--verify')).toMatchObject({
      estate: 'kept',
      writtenAt: expect.stringMatching(/Z$/) as string,
      secrets: ['restic-password', 'box-key'],
      repositories: ['local', 'away'],
      remotes: ['box'],
      state: 'current',
    });
    const content = await readFile(bed.file);
    content[content.length - 40] = (content[content.length - 40] ?? 0) ^ 1;
    await writeFile(bed.file, content);
    expect((await bed.kit('--list')).stderr).toMatch(/does not open/);
    await bed.kit('--force');
    await writeFile(bed.passphrase, 'another long passphrase');
    expect(await bed.kit('--list')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('the passphrase', () => {
  it('is not taken from a file that others can read, nor if it is short', async () => {
    await chmod(bed.passphrase, 0o644);
    expect((await bed.kit()).stderr).toMatch(/others can read the passphrase file/);
    await chmod(bed.passphrase, 0o600);
    await writeFile(bed.passphrase, 'short');
    expect(await bed.kit()).toMatchObject({ exitCode: 2 });
    expect(await bed.run('kit', bed.file)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no terminal to ask for the passphrase') as string,
    });
    expect(await readdir(bed.folder)).not.toContain('kept.age');
  });

  it('comes from an open file too', async () => {
    const command = `exec "$0" "$1" kit kept.age --passphrase-fd 3 3<passphrase`;
    const shell = ['-c', command, process.execPath, compiled('src/cli/main.js')];
    await execa('sh', shell, { cwd: bed.folder, env: bed.env });
    expect((await bed.kit('--list')).exitCode).toBe(0);
  });

  it.each([
    ['the same', PASSPHRASE, 0],
    ['another', 'something else altogether', 2],
  ])('is asked for twice on a terminal, without being shown: %s', async (_, second, exitCode) => {
    const command = `'${process.execPath}' '${compiled('src/cli/main.js')}' kit kept.age`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: bed.folder,
      env: { ...process.env, ...bed.env },
    });
    let seen = '';
    const answers = [
      { to: /Passphrase for the kit: /, with: PASSPHRASE },
      { to: /The same again: /, with: second },
    ];
    child.stdout.on('data', (data: Buffer) => {
      seen += data.toString();
      if (answers[0]?.to.test(seen)) child.stdin.write(`${answers.shift()?.with ?? ''}\n`);
    });
    await once(child, 'close');
    expect(child.exitCode).toBe(exitCode);
    expect(leaks(seen)).toEqual([]);
    expect((await readdir(bed.folder)).includes('kept.age')).toBe(exitCode === 0);
  });

  it('may come twice at once, as when it is pasted', async () => {
    const command = `'${process.execPath}' '${compiled('src/cli/main.js')}' kit kept.age`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: bed.folder,
      env: { ...process.env, ...bed.env },
    });
    let seen = '';
    child.stdout.on('data', (data: Buffer) => {
      const before = seen;
      seen += data.toString();
      if (seen.includes('Passphrase for the kit: ') && !before.includes('Passphrase for the kit: '))
        child.stdin.write(`${PASSPHRASE}\n${PASSPHRASE}\n`);
    });
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
  });
});

describe('fts status', () => {
  it('reminds of a kit that was never written, and leaves the estate as healthy as it is', async () => {
    expect(await bed.status()).toEqual({ state: 'none', changed: null, writtenAt: null });
    expect((await bed.run('status')).stdout).toMatch(/no recovery kit was written here.*`fts kit`/);
  });

  it('reminds when a secret or the estate’s repositories changed, and not when it cannot tell', async () => {
    await bed.kit();
    expect(await bed.status()).toMatchObject({ state: 'current' });
    await bed.keep({ ...SECRETS, 'box-key': 'rotated' });
    expect(await bed.status()).toMatchObject({ state: 'outdated', changed: 'the value of a secret' });
    expect((await bed.run('status')).stdout).toMatch(/the recovery kit, \S+ old, is out of date/);
    expect((await bed.kit('--verify')).exitCode).toBe(1);
    await bed.keep({ 'restic-password': SECRETS['restic-password'] });
    expect(await bed.status()).toMatchObject({ state: 'unknown' });
    await bed.keep(SECRETS);
    await bed.declare({ more: { host: 'here', volume: 'space', path: 'more', password: 'restic-password' } });
    expect(await bed.status()).toMatchObject({ state: 'outdated' });
    await bed.kit('--force');
    expect(await bed.status()).toMatchObject({ state: 'current' });
  });
});
