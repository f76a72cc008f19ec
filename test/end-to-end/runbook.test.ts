import { chmod, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type B2StandIn, startB2StandIn } from '../../src/b2-stand-in/server.js';
import { BUCKET, KEYS, MIRROR } from '../b2-stand-in/stand-in.js';
import { compiled } from '../support/fts.js';
import { moment } from '../support/mirror-restore-bed.js';
import { makeQuickRepository } from '../support/quick-repository.js';
import { CANARY, type RunningEstate, startEstate } from '../support/running-estate.js';

const PATIENCE_MS = 180_000;
const PASSPHRASE = 'correct horse battery staple';
const DAY_MS = 24 * 60 * 60 * 1000;

const RUNBOOK = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');

/** The command blocks of a section, as they stand. */
function commandsOf(section: string): string[] {
  const text = new RegExp(`^## ${section}\\n(.*?)(?=^## |(?![^]))`, 'ms').exec(RUNBOOK)?.[1];
  const blocks = [...(text ?? '').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  if (blocks.length === 0) throw new Error(`the runbook has no commands for "${section}"`);
  return blocks;
}

let estate: RunningEstate;
let bucket: B2StandIn;
let env: NodeJS.ProcessEnv;
/** What stands in the runbook for a place that a test cannot have. */
let places: [string, string][];

beforeAll(async () => {
  estate = await startEstate();
  const { folder } = estate;
  await rm(estate.repository, { recursive: true }); // it has others
  const file = join(folder, 'estate.yaml');
  const bin = join(folder, 'bin');
  for (const name of ['bin', 'usb', 'etc', 'work', 'bucket']) await mkdir(join(folder, name));
  for (const repository of ['space/snapshots/flux-local', 'bucket/restic/flux'])
    await makeQuickRepository(join(folder, repository), CANARY);
  bucket = await startB2StandIn({ directory: join(folder, 'b2'), keys: KEYS, buckets: [BUCKET] });
  const declared = parse(await readFile(file, 'utf8')) as Record<string, Record<string, unknown>>;
  const saving = { kind: 'snapshot', volume: 'flux', keep: { last: 5 } };
  Object.assign(declared, {
    repositories: {
      ...declared.repositories,
      'flux-local': { host: 'here', volume: 'space', path: 'snapshots/flux-local', password: 'password' },
      'flux-b2': { host: 'here', remote: 'bucket', path: 'flux', password: 'password' },
    },
    remotes: {
      bucket: { type: 'local', path: join(folder, 'bucket', 'restic') },
      'space-mirror': {
        ...{ type: 'b2', path: `${BUCKET}/mirror`, options: { endpoint: bucket.endpoint } },
        secrets: { account: 'b2-id', key: 'b2-key' },
      },
    },
    jobs: {
      'flux-snapshot': { ...saving, repository: 'flux-local' },
      'flux-backup': { ...saving, kind: 'backup', repository: 'flux-b2' },
      'space-mirror': { kind: 'mirror', volume: 'space', remote: 'space-mirror' },
    },
  });
  await writeFile(file, stringify(declared));
  const secrets = parse(await readFile(join(folder, 'secrets.yaml'), 'utf8')) as object;
  const all = { ...secrets, 'b2-id': MIRROR.id, 'b2-key': MIRROR.key };
  await writeFile(join(folder, 'secrets.yaml'), stringify(all));
  const node = process.execPath;
  const program = async (name: string, command: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    await chmod(join(bin, name), 0o755);
  };
  await program('fts', `'${node}' '${compiled('src/cli/main.js')}'`);
  await program('age', `'${node}' '${join(import.meta.dirname, '..', 'support', 'age-decrypt.mjs')}'`);
  const passphrase = join(folder, 'passphrase');
  await writeFile(passphrase, PASSPHRASE, { mode: 0o600 });
  env = {
    PATH: [bin, process.env.PATH].join(delimiter),
    FTS_ESTATE: file,
    FTS_STATE_DIR: join(folder, 'state'),
    TEMPORAL_ADDRESS: estate.server.address,
    AGE_PASSPHRASE: PASSPHRASE,
  };
  places = [
    ['/media/usb/', `${folder}/usb/`],
    ['/etc/fts/', `${folder}/etc/`],
    ['/mnt/drive/', `${folder}/space/`],
    [' /flux/', ` ${estate.flux}/`],
    ['fts kit ', `fts kit --passphrase-file ${passphrase} `], // it would ask on the terminal
  ];
  const thesis = join(estate.flux, 'active', 'thesis');
  await mkdir(thesis, { recursive: true });
  for (const name of ['thesis/printed.pdf', 'draft/draft.txt', 'kept/file']) {
    await mkdir(join(folder, 'space', 'projects', name, '..'), { recursive: true });
    await writeFile(join(folder, 'space', 'projects', name), 'finished');
  }
  await writeFile(join(thesis, 'notes.md'), 'notes');
  await writeFile(join(thesis, 'thesis.tex'), 'as of the day before yesterday');
  for (const job of ['flux-snapshot', 'flux-backup', 'space-mirror'])
    expect((await estate.run(job)).outcome).toBe('complete');
  places.push(['2026-01-31 12:00:00', await moment()]);
  await aged();
  await writeFile(join(thesis, 'thesis.tex'), 'as of today');
  expect((await estate.run('flux-snapshot')).outcome).toBe('complete');
}, PATIENCE_MS);
afterAll(async () => {
  await bucket.close();
  await estate.remove();
});

/** Makes the first snapshot two days old. */
async function aged(): Promise<void> {
  const repository = join(estate.folder, 'space', 'snapshots', 'flux-local');
  const time = new Date(Date.now() - 2 * DAY_MS).toISOString().slice(0, 19).replace('T', ' ');
  const password = (
    parse(await readFile(join(estate.folder, 'secrets.yaml'), 'utf8')) as { password: string }
  ).password;
  await execa('restic', ['--repo', repository, 'rewrite', '--forget', '--new-time', time, 'latest'], {
    env: { RESTIC_PASSWORD: password, TZ: 'UTC' },
  });
}

/** Runs the commands of a block as they stand, in `work`; all of them have to succeed. */
async function run(block: string): Promise<string> {
  const command = places.reduce((text, [from, to]) => text.replaceAll(from, to), block);
  const { stdout, stderr, exitCode } = await execa('bash', ['-euo', 'pipefail', '-c', command], {
    ...{ cwd: join(estate.folder, 'work'), env, reject: false },
  });
  expect({ exitCode, command, stderr }).toMatchObject({ exitCode: 0 });
  return stdout;
}

async function runSection(section: string): Promise<string> {
  let said = '';
  for (const block of commandsOf(section)) said += `${await run(block)}\n`;
  return said;
}

const thesis = (...names: string[]): string => join(estate.flux, 'active', 'thesis', ...names);

describe('the runbook, word for word', { timeout: PATIENCE_MS }, () => {
  it('brings a deleted file back', async () => {
    await rm(thesis('notes.md'));
    await runSection('Deleted');
    expect(await readFile(thesis('notes.md'), 'utf8')).toBe('notes');
  });

  it('brings back what was deleted, and mirrored since', async () => {
    const projects = join(estate.folder, 'space', 'projects');
    for (const name of ['thesis', 'draft']) await rename(join(projects, name), join(estate.folder, name));
    expect((await estate.run('space-mirror')).outcome).toBe('complete');
    const said = await runSection('Deleted from a mirror');
    expect(said).toMatch(/printed\.pdf\n.*space-mirror: hidden: deleted or overwritten \d{4}/);
    const name = (await readdir(projects)).find((one) => one.startsWith('thesis.restored-')) ?? '';
    expect(await readFile(join(projects, name, 'printed.pdf'), 'utf8')).toBe('finished');
    await rename(join(projects, name), join(projects, 'thesis'));
    expect((await estate.run('space-mirror')).outcome).toBe('complete');
  });

  it('brings an older version back, beside the one that is there', async () => {
    await runSection('Older');
    const folder = (await readdir(thesis())).find((name) => name.startsWith('thesis.tex.restored-')) ?? '';
    expect(await readFile(thesis(folder, 'thesis.tex'), 'utf8')).toBe('as of the day before yesterday');
    expect(await readFile(thesis('thesis.tex'), 'utf8')).toBe('as of today');
    await rm(thesis(folder), { recursive: true });
  });

  it('brings the volume of a lost drive back', async () => {
    await rename(estate.flux, `${estate.flux}.lost`);
    await mkdir(estate.flux);
    const [plan = '', flux = ''] = commandsOf('A drive is lost');
    expect(await run(plan)).toMatch(/flux-b2 +repository: /);
    await run(flux);
    expect(await readFile(thesis('notes.md'), 'utf8')).toBe('notes');
    expect(await readFile(thesis('thesis.tex'), 'utf8')).toBe('as of today');
  });

  it('brings the volume back that the repositories lie on', async () => {
    expect((await estate.run('space-mirror')).outcome).toBe('complete');
    const space = join(estate.folder, 'space');
    await rename(space, `${space}.lost`);
    await mkdir(space);
    const [, , rebuilding = '', ...more] = commandsOf('A drive is lost');
    expect(more).toEqual([]);
    await run(rebuilding);
    expect(await readFile(join(space, 'projects', 'thesis', 'printed.pdf'), 'utf8')).toBe('finished');
    const repository = join(space, 'snapshots', 'flux-local');
    const { stdout } = await execa('restic', ['--repo', repository, 'check', '--read-data'], {
      env: { RESTIC_PASSWORD: CANARY },
    });
    expect(stdout).toContain('no errors were found');
  });

  it('replaces the kit when a laptop is lost', async () => {
    const said = await runSection('A laptop is lost');
    expect(said).toContain('It opens, and is as the estate and its secrets are now.');
  });

  it('brings data back without the server, from a repository, a drive and a mirror, and sets the server up', async () => {
    const said = await runSection('The server is lost');
    const work = join(estate.folder, 'work');
    const restored = (where: string): string =>
      join(work, where, estate.flux, 'active', 'thesis', 'notes.md');
    expect(await readFile(restored('restored'), 'utf8')).toBe('notes');
    expect(await readFile(restored('restored-local'), 'utf8')).toBe('notes');
    expect(await readFile(join(work, 'restored', 'thesis', 'printed.pdf'), 'utf8')).toBe('finished');
    expect(await readFile(join(work, 'restored-then', 'draft.txt'), 'utf8')).toBe('finished');
    expect(said).toContain('RECOVERY KIT');
  });
});
