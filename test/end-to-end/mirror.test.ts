import { chmod, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type MirrorEstate,
  type MirrorRun,
  SLOW,
  callsOf,
  rcloneRunning,
  slowContent,
  startMirrorEstate,
  touch,
} from '../support/mirror-estate.js';
import { answer } from '../cli/fts.js';

const PATIENCE_MS = 180_000;

const NOTHING = { files: 0, bytes: 0 };

/** Names that tools stumble over. */
const HOSTILE_NAMES = [
  ...['with space', ' leading', 'trailing ', '100%', 'percent%20encoded', '#?&=;:@$,', 'back\\slash'],
  ...['new\nline', 'tab\t', 'bell\u0007', '"', "'", '*[a-z]{x}', '-rf', '..dots..', '~', '# comment', '; x'],
  ...[
    'na\u00efve',
    'nai\u0308ve',
    'NAÏVE',
    '日本語',
    '😀',
    '\u2028',
    '．',
    '␊',
    '／',
    '‛',
    'say ‛hello',
    '␀',
    'x'.repeat(255),
  ],
];

let estate: MirrorEstate;
beforeAll(async () => {
  estate = await startMirrorEstate();
});
afterAll(() => estate.remove());

describe('a mirror', () => {
  it('brings everything there, says so, and moves nothing the second time', async () => {
    const mirror = await estate.mirror('first');
    await mirror.write({ a: 'one', 'b/c': 'three', 'b/d/e': '' });
    expect(await mirror.run()).toMatchObject({
      outcome: 'complete',
      exitCode: 0,
      kind: 'mirror',
      result: {
        transferred: { files: 3, bytes: 8 },
        deleted: NOTHING,
        verified: { files: 3, bytes: 8 },
        omitted: {},
        plan: { transfers: 3, changes: 0, deletes: 0, deleteBytes: 0, deleteShare: 0 },
      },
    });
    expect(await mirror.names()).toEqual(['a', 'b/c', 'b/d/e']);
    expect(await mirror.content('b/c')).toBe('three');

    let again: MirrorRun | undefined;
    const calls = await callsOf(mirror, async () => {
      again = await mirror.run();
    });
    expect(again).toMatchObject({
      outcome: 'complete',
      result: { transferred: NOTHING, deleted: NOTHING, verified: { files: 3 } },
    });
    expect(calls.byOperation).toMatchObject({ b2_upload_file: 0 });
    expect(calls.C).toBeLessThanOrEqual(8); // Backblaze bills these; three of them are the tools' logins
  });

  it('follows what changes, by content, by time alone, and by name', async () => {
    const mirror = await estate.mirror('changes');
    await mirror.write({ grown: 'x', rewritten: 'abc', touched: 'same', gone: 'gone', 'old/name': 'moved' });
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    await mirror.write({ grown: 'xyz', rewritten: 'abd', 'new/name': 'moved' });
    await touch(join(mirror.root, 'touched'));
    await rm(join(mirror.root, 'gone'));
    await rm(join(mirror.root, 'old'), { recursive: true });
    const before = mirror.calls().byOperation.b2_upload_file ?? 0;
    expect(await mirror.run()).toMatchObject({
      outcome: 'complete',
      result: {
        transferred: { files: 3, bytes: 11 },
        deleted: { files: 2, bytes: 9 },
        plan: { transfers: 4, changes: 3, deletes: 2, deleteBytes: 9 },
      },
    });
    expect((mirror.calls().byOperation.b2_upload_file ?? 0) - before).toBe(4); // and the metadata
    expect(await mirror.names()).toEqual(['grown', 'new/name', 'rewritten', 'touched']);
    expect(await mirror.content('rewritten')).toBe('abd');
    expect((await mirror.run()).result).toMatchObject({
      transferred: NOTHING,
      plan: { transfers: 0, deletes: 0 },
    });
    const hidden = mirror.versions().filter(({ action }) => action === 'hide');
    expect(hidden.map(({ fileName }) => fileName)).toEqual(['changes/gone', 'changes/old/name']);
    expect(mirror.versions().filter(({ fileName }) => fileName === 'changes/gone')).toHaveLength(2);
  });

  it('carries names that tools stumble over, and counts those that nobody can carry', async () => {
    const mirror = await estate.mirror('names');
    for (const name of HOSTILE_NAMES) await writeFile(join(mirror.root, name), `content of ${name}`);
    await mkdir(join(mirror.root, 'a ％ folder', 'Ünter+50%\n'), { recursive: true });
    await writeFile(join(mirror.root, 'a ％ folder', 'Ünter+50%\n', '?'), 'deep');
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });

    const back = join(estate.folder, 'names-back');
    const asTheyAre = ['--no-unicode-normalization', '--local-encoding', 'Raw'];
    await mirror.rclone('copy', ...asTheyAre, mirror.remote, back, '--filter', '- /.fts/**');
    for (const name of HOSTILE_NAMES) {
      expect(await readFile(join(back, name), 'utf8'), name).toBe(`content of ${name}`);
    }

    await writeFile(Buffer.concat([Buffer.from(`${mirror.root}/not-utf8-`), Buffer.from([0xff])]), 'x');
    await execa('mkfifo', [join(mirror.root, 'fifo')]);
    const socket = createServer().listen(join(mirror.root, 'socket'));
    const partial = await mirror.run();
    socket.close();
    expect(partial).toMatchObject({
      outcome: 'partial',
      exitCode: 1,
      result: { omitted: { notUtf8: 1, fifos: 1, sockets: 1 }, transferred: NOTHING },
      error: { type: 'FilesOmitted' },
    });
    await execa('sh', ['-c', `rm ${mirror.root}/not-utf8-*`]);
    expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { omitted: { fifos: 1 } } });

    for (const name of HOSTILE_NAMES.slice(0, 15)) await rm(join(mirror.root, name));
    expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: { files: 15 } } });
    expect(await mirror.names()).toHaveLength(HOSTILE_NAMES.length - 14);
  });

  it('stores links, which plain rclone brings back, and says what only the metadata has', async () => {
    const mirror = await estate.mirror('links');
    await mirror.write({ 'd/file': 'content' });
    await symlink('d/file', join(mirror.root, 'link'));
    await symlink('nowhere/at all', join(mirror.root, 'd', 'dangling'));
    await symlink('d', join(mirror.root, 'folder'));
    await chmod(join(mirror.root, 'd/file'), 0o750);
    expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { transferred: { files: 4 } } });
    const back = join(estate.folder, 'links-back');
    await mirror.rclone('copy', '--links', mirror.remote, back);
    expect(await readlink(join(back, 'link'))).toBe('d/file');
    expect(await readlink(join(back, 'd/dangling'))).toBe('nowhere/at all');
    expect(await readlink(join(back, 'folder'))).toBe('d');
    const manifest = await execa('zcat', [join(back, '.fts/mirror-metadata.jsonl.gz')]);
    const entries = manifest.stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries).toContainEqual(expect.objectContaining({ path: 'd/file', mode: '0750' }));

    await rm(join(mirror.root, 'link'));
    await chmod(join(mirror.root, 'd/file'), 0o640);
    expect(await mirror.run()).toMatchObject({ outcome: 'complete', result: { deleted: { files: 1 } } });
    expect(await mirror.names()).toEqual(['d/dangling.rclonelink', 'd/file', 'folder.rclonelink']);
    await mirror.rclone('copy', mirror.remote, join(estate.folder, 'links-again'));
    const later = await execa('zcat', [join(estate.folder, 'links-again/.fts/mirror-metadata.jsonl.gz')]);
    expect(later.stdout).toContain('"0640"');
  });

  it('leaves out what the estate excludes, the sentinel and what fsck found', async () => {
    const mirror = await estate.mirror('excludes', {
      exclude: ['cache', 'x/[y]'],
      excludePatterns: ['*.tmp'],
    });
    await mirror.write({
      'cache/a': '',
      'x/[y]': '',
      'x/y': '',
      'z/b.tmp': '',
      'z/cache/c': '',
      'lost+found/f': '',
    });
    expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
    expect(await mirror.names()).toEqual(['x/y', 'z/cache/c']);
  });
});

describe('a mirror whose source changes while it runs', () => {
  it(
    'deletes what was planned and is still missing, and nothing else',
    async () => {
      const mirror = await estate.mirror('racing', SLOW);
      await mirror.write({ stays: 's', 'gone-later': 'g', 'a/planned': 'p', 'a/returns': 'r' });
      expect(await mirror.run()).toMatchObject({ outcome: 'complete' });
      await rm(join(mirror.root, 'a'), { recursive: true });
      await mirror.write({ big: slowContent(), brief: 'b' });

      const following = mirror.follow();
      await rcloneRunning(estate.folder, 'copy');
      await rm(join(mirror.root, 'gone-later'));
      await mirror.write({ 'a/returns': 'another content', 'too-late': 't' });
      expect(answer(await following.ended)).toMatchObject({
        outcome: 'complete',
        result: { deleted: { files: 1, bytes: 1 }, returned: 1, plan: { deletes: 2 } },
      });
      expect(await mirror.names()).toEqual(['a/returns', 'big', 'brief', 'gone-later', 'stays']);
      expect(await mirror.content('a/returns')).toBe('r');

      expect(await mirror.run()).toMatchObject({
        outcome: 'complete',
        result: { transferred: { files: 2 }, deleted: { files: 1 } },
      });
      expect(await mirror.names()).toEqual(['a/returns', 'big', 'brief', 'stays', 'too-late']);
      expect(await mirror.content('a/returns')).toBe('another content');
    },
    PATIENCE_MS,
  );
});
