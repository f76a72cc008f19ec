import { chmod, link, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { findTool } from '../../src/adapters/tools.js';
import { Client } from '../b2-stand-in/client.js';
import { HOSTILE_NAMES } from '../support/hostile-names.js';
import { mirrorRestoreBed, moment } from '../support/mirror-restore-bed.js';
import { treeOf } from '../support/tree.js';

const TIMEOUT = 240_000;
const inPlace = { target: { kind: 'in-place', conflict: 'replace' } } as const;

/** Names and contents, without what a mirror does not keep. */
const contentsOf = async (path: string): Promise<string[]> =>
  Object.entries(await treeOf(path)).map(([name, facts]) => `${name} ${facts.split(' ').slice(4).join(' ')}`);

it.each(['b2', 'local'] as const)(
  'a folder comes back from a %s mirror that plain rclone made',
  async (type) => {
    const bed = await mirrorRestoreBed(type);
    await symlink('../nowhere', join(bed.thesis, 'dangling'));
    await bed.sync();
    const before = await contentsOf(bed.thesis);
    await writeFile(join(bed.thesis, 'notes'), 'changed since');
    const live = await treeOf(bed.thesis);
    const result = await bed.restore();
    expect(result).toMatchObject({
      source: { remote: 'cloud', notes: [expect.stringMatching(/no metadata manifest/) as string] },
      restored: { files: 3, bytes: 5014 },
      verified: { files: 3, bytes: 5014 },
      conflicts: { count: 0 },
    });
    expect(result.target).toMatch(/\/projects\/thesis\.restored-\d{4}-\d\d-\d\dT\d{4}$/);
    expect(await contentsOf(result.target)).toEqual(before);
    expect(await treeOf(bed.thesis)).toEqual(live);
    expect(await bed.left()).toEqual([]);
  },
  TIMEOUT,
);

it(
  'hidden and overwritten versions come back as of a time, and without it what is there now',
  async () => {
    const bed = await mirrorRestoreBed();
    const alike = 'projects/thesis/notes-v2026-01-01-000000-000';
    await bed.write({ [alike]: 'a name like a version', 'projects/thesis/gone.txt': 'was here' });
    await bed.sync();
    const before = await contentsOf(bed.thesis);
    const at = await moment();
    await rm(join(bed.thesis, 'gone.txt'));
    await rm(join(bed.thesis, 'deep'), { recursive: true });
    await bed.write({ 'projects/thesis/notes': 'second thoughts' });
    await bed.sync();
    await bed.write({ 'projects/thesis/notes': 'third' });
    await bed.sync();
    const { target, source } = await bed.restore({ at });
    expect(source).toMatchObject({ remote: 'cloud', at });
    expect(await contentsOf(target)).toEqual(before);
    const file = await bed.restore({ paths: ['space/projects/thesis/gone.txt'], at });
    expect(await readFile(join(file.target, 'gone.txt'), 'utf8')).toBe('was here');
    const old = await bed.restore({ paths: ['space/projects/thesis/notes'], at });
    expect(await readFile(join(old.target, 'notes'), 'utf8')).toBe('first thoughts');
    const lookalike = await bed.restore({ paths: [`space/${alike}`] });
    expect(await readdir(lookalike.target)).toEqual(['notes-v2026-01-01-000000-000']);
    const now = await bed.restore();
    expect((await readdir(now.target)).sort()).toEqual(['notes', 'notes-v2026-01-01-000000-000']);
    expect(await readFile(join(now.target, 'notes'), 'utf8')).toBe('third');
  },
  TIMEOUT,
);

it(
  'an upload that broke off hides nothing, and at a time when it was the newest version that is said',
  async () => {
    const bed = await mirrorRestoreBed();
    await bed.sync();
    const client = await Client.authorized(bed.standIn.endpoint);
    const fileName = 'mirror/projects/thesis/notes';
    const begun = await client.call('b2_start_large_file', {
      ...{ bucketId: client.bucketId, fileName, contentType: 'text/plain' },
    });
    expect(begun.status).toBe(200);
    const before = await contentsOf(bed.thesis);
    expect(await contentsOf((await bed.restore()).target)).toEqual(before);
    const later = await bed.restore({ at: await moment() });
    expect(later).toMatchObject({ restored: { files: 1 } });
    expect(later.source.notes?.join()).toMatch(/upload was not finished .*\(notes\)/);
    const file = bed.restore({ paths: ['space/projects/thesis/notes'], at: await moment() });
    await expect(file).rejects.toMatchObject({ type: 'NotInMirror' });
  },
  TIMEOUT,
);

it(
  'what is not there is told with the time at which it was, or the nearest name',
  async () => {
    const bed = await mirrorRestoreBed();
    await bed.write({ 'projects/thesis/gone.txt': 'was here' });
    const early = await moment();
    await bed.sync();
    const at = await moment();
    await rm(join(bed.thesis, 'gone.txt'));
    await bed.sync();
    const gone = { paths: ['space/projects/thesis/gone.txt'] };
    const refused = await bed
      .plan(gone)
      .catch((error: unknown) => error as { type: string; message: string });
    expect(refused).toMatchObject({ type: 'NotInMirror', nonRetryable: true });
    const hint = /--at (\S+Z)/.exec(JSON.stringify(refused))?.[1] ?? '';
    expect(Date.parse(hint)).toBeLessThan(Date.parse(at));
    expect(await bed.restore({ ...gone, at: hint })).toMatchObject({ restored: { files: 1, bytes: 8 } });
    await expect(bed.plan({ at: early })).rejects.toMatchObject({ type: 'NotInMirror' });
    const typo = await bed.plan({ paths: ['space/projects/tesis'] }).catch((error: unknown) => error);
    expect(JSON.stringify(typo)).toMatch(/did you mean thesis/);
    expect(await bed.left()).toEqual([]);
  },
  TIMEOUT,
);

it(
  'a remote that keeps no versions has no other time, and an unknown one is refused',
  async () => {
    const bed = await mirrorRestoreBed('local');
    await bed.sync();
    await expect(bed.plan({ at: await moment() })).rejects.toMatchObject({ type: 'RequestInvalid' });
    await expect(bed.plan({ remote: 'clout' })).rejects.toMatchObject({ type: 'RequestInvalid' });
    await expect(bed.plan({ remote: 'cloud', paths: ['flux/x'] })).rejects.toMatchObject({
      type: 'RequestInvalid',
    });
    await expect(bed.plan({ paths: ['space/nothing'] })).rejects.toMatchObject({ type: 'NotInMirror' });
  },
  TIMEOUT,
);

it.each(['b2', 'local'] as const)(
  'with its manifest the whole volume comes back from %s as it was: modes, owners, times, links, empty folders',
  async (type) => {
    const bed = await mirrorRestoreBed(type);
    const { thesis } = bed;
    for (const name of HOSTILE_NAMES) await writeFile(join(thesis, name), `content of ${name}`);
    await link(join(thesis, 'notes'), join(thesis, 'deep', 'same'));
    await symlink('/nowhere', join(thesis, 'dangling'));
    await mkdir(join(thesis, 'empty', 'er'), { recursive: true });
    await mkdir(Buffer.from(`${thesis}/bad\xff`, 'latin1'));
    await execa('mkfifo', [join(thesis, 'pipe')]);
    await execa('chown', ['-h', '1234:2345', join(thesis, 'dangling'), join(thesis, 'notes')]);
    await execa('touch', ['-h', '-d', '2009-02-13 23:31:30.123456789', join(thesis, 'dangling')]);
    await execa('touch', [
      '-d',
      '2011-12-13 14:15:16.123456789',
      join(thesis, 'notes'),
      join(thesis, 'empty'),
    ]);
    await chmod(join(thesis, 'deep', 'er'), 0o2751);
    await chmod(join(thesis, 'deep', 'er', 'data'), 0o400);
    await bed.sync();
    await bed.describe();
    const before = await bed.live();
    await bed.lose();
    const result = await bed.restore({ paths: ['space'], ...inPlace });
    expect(result).toMatchObject({ conflicts: { count: 0 } });
    expect(result.source.notes).toEqual(
      hasAttributes ? undefined : [expect.stringContaining('getfattr is not installed')],
    );
    expect(await bed.live()).toEqual(before);
    expect(await bed.restore({ paths: ['space'], ...inPlace })).toMatchObject({
      restored: { files: 0 },
      conflicts: { count: 0 },
      replaced: { files: 0 },
    });
    expect(await bed.live()).toEqual(before);
    const empty = await bed.restore({ paths: ['space/projects/thesis/empty'] });
    expect(await readdir(empty.target)).toEqual(['er']);
    expect(empty).toMatchObject({ restored: { files: 0, bytes: 0 } });
  },
  TIMEOUT,
);

const hasAttributes = await findTool('setfattr').then(
  () => true,
  () => false,
);

it.skipIf(!hasAttributes)(
  'with its manifest extended attributes and ACLs come back, of odd names too',
  async () => {
    const bed = await mirrorRestoreBed('local');
    const odd = join(bed.thesis, 'new\nline \\ = "');
    await writeFile(odd, 'odd');
    const acl = '0sAgAAAAEABgD/////AgAEAOgDAAAEAAQA/////xAABgD/////IAAEAP////8=';
    const tell = (...args: string[]) => execa('setfattr', args);
    await tell('-n', 'user.tag', '-v', '0x00ff0a', odd);
    await tell('-n', 'user.tag=odd', '-v', 'x', join(bed.thesis, 'deep'));
    await tell('-n', 'system.posix_acl_access', '-v', acl, join(bed.thesis, 'notes'));
    await bed.sync();
    await bed.describe();
    const dump = async (path: string): Promise<string> =>
      (await execa('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'base64', '.'], { cwd: path })).stdout;
    const before = [await dump(bed.thesis), await treeOf(bed.thesis)];
    expect(before[0]).toContain('posix_acl_access');
    const { target, source } = await bed.restore();
    expect(source.notes).toBeUndefined();
    expect([await dump(target), await treeOf(target)]).toEqual(before);
  },
  TIMEOUT,
);

it(
  'a file that is newer than the manifest keeps the time that the remote has',
  async () => {
    const bed = await mirrorRestoreBed();
    await bed.sync();
    await bed.describe();
    await writeFile(join(bed.thesis, 'notes'), 'second thoughts');
    await execa('touch', ['-d', '2024-05-06 07:08:09.123', join(bed.thesis, 'notes')]);
    await bed.write({ 'projects/thesis/new': 'new' });
    await bed.sync();
    const { target } = await bed.restore();
    expect(await contentsOf(target)).toEqual(await contentsOf(bed.thesis));
    const { stdout } = await execa('stat', ['-c', '%y', join(target, 'notes')]);
    expect(stdout).toMatch(/^2024-05-06 07:08:09\.123000000/);
  },
  TIMEOUT,
);

it(
  'in place without a manifest, what has the content of the live file is equal to it',
  async () => {
    const bed = await mirrorRestoreBed();
    await chmod(join(bed.thesis, 'notes'), 0o600);
    await bed.sync();
    await rm(join(bed.thesis, 'deep', 'er', 'data'));
    const live = await treeOf(join(bed.thesis, 'notes', '..'));
    const plan = await bed.plan(inPlace);
    expect(plan).toMatchObject({ restored: { files: 1, bytes: 5000 }, conflicts: { count: 0 } });
    expect(await bed.restore(inPlace)).toMatchObject({
      restored: { files: 1, bytes: 5000 },
      unchanged: { files: 1 },
      conflicts: { count: 0 },
      replaced: { files: 0 },
    });
    const after = await treeOf(bed.thesis);
    const notes = `/${Buffer.from('notes').toString('hex')}`;
    expect(after[notes]).toBe(live[notes]);
  },
  TIMEOUT,
);

it(
  'no link of the remote leads out of the staging, and a file of its name comes back',
  async () => {
    const bed = await mirrorRestoreBed();
    const outside = join(bed.folder, 'outside');
    await mkdir(outside);
    await bed.sync();
    const up = join(bed.folder, 'up');
    await mkdir(join(up, 'lnk'), { recursive: true });
    await writeFile(join(up, 'lnk', 'x'), 'through');
    await writeFile(join(up, 'lnk.rclonelink'), outside);
    await bed.plain('copy', up, `${bed.root}/projects/thesis`);
    const { target, source } = await bed.restore();
    expect(await readFile(join(target, 'lnk', 'x'), 'utf8')).toBe('through');
    expect(await readdir(outside)).toEqual([]);
    expect(source.notes).toContainEqual(expect.stringMatching(/rclonelink/));
  },
  TIMEOUT,
);

it(
  'what the remote gives otherwise than it lists is not published',
  async () => {
    const bed = await mirrorRestoreBed('local');
    await bed.sync();
    const live = await bed.live();
    const spoil = async (): Promise<void> => writeFile(join(bed.disk, 'projects/thesis/notes'), 'other');
    await expect(
      bed.restore({}, { onStep: (step) => (step === 'recorded' ? spoil() : undefined) }),
    ).rejects.toMatchObject({ type: 'VerificationFailed' });
    expect(await bed.live()).toEqual(live);
  },
  TIMEOUT,
);

it(
  'what changes on B2 after it was looked at comes back as it was then',
  async () => {
    const bed = await mirrorRestoreBed();
    await bed.sync();
    const before = await contentsOf(bed.thesis);
    const { target } = await bed.restore(
      {},
      {
        onStep: async (step) => {
          if (step !== 'recorded') return;
          await moment();
          await bed.write({ 'projects/thesis/notes': 'later', 'projects/thesis/newer': 'newer' });
          await rm(join(bed.thesis, 'deep'), { recursive: true });
          await bed.sync();
        },
      },
    );
    expect(await contentsOf(target)).toEqual(before);
  },
  TIMEOUT,
);
