import {
  chmod,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { presentMetadata } from '../../../src/adapters/mirror/metadata-known.js';
import { type MirrorBed, mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';
import { shim } from '../../support/shim.js';

const EXT4 = 0xef53;
const XFS = 0x58465342;
const BTRFS = 0x9123683e;

/** Elsewhere a manifest is always made anew. */
const isKept = [EXT4, XFS, BTRFS].includes((await statfs(tmpdir())).type);

const has = async (file: string, ...args: string[]): Promise<boolean> =>
  (await execa(file, args, { reject: false })).exitCode === 0;
const hasGetfattr = await has('getfattr', '--version');
const hasPython = await has('python3', '-c', 'import os; os.setxattr');
const isRoot = process.getuid?.() === 0;

let bed: MirrorBed;
let manifest: string;

/** A volume whose manifest was made, of entries that have been there for a while. */
beforeEach(async () => {
  bed = await mirrorBed();
  manifest = join(bed.files.folder, 'metadata.jsonl.gz');
  await bed.write({ 'a/one': '1', 'a/two': '22', three: '333' });
  await mkdir(join(bed.root, 'empty'));
  await symlink('three', join(bed.root, 'link'));
  aged();
  await present();
});

/** The clock is put forward, so that what is there counts as settled. */
function aged(): void {
  const ahead = Date.now() + 60_000;
  vi.spyOn(Date, 'now').mockReturnValue(ahead);
  onTestFinished(() => void vi.restoreAllMocks());
}

async function present(more: Partial<Parameters<typeof presentMetadata>[0]> = {}): Promise<void> {
  const { note } = await presentMetadata({
    ...{ job: 'mirror', state: bed.state, identity: 'the bed', root: bed.root },
    ...{ exclude: [], repositories: [], mounts: [], file: manifest, ...more },
  });
  await note();
}

/** Whether the manifest is made anew: written, it is another file. */
async function isMadeAnew(more?: Parameters<typeof present>[0]): Promise<boolean> {
  const { ino } = await lstat(manifest);
  await present(more);
  return (await lstat(manifest)).ino !== ino;
}

const lines = async (): Promise<string> => gunzipSync(await readFile(manifest)).toString();

describe.runIf(isKept)('the manifest of a volume in which nothing changed', () => {
  it('is not made anew, however often it is asked for', async () => {
    expect(await isMadeAnew()).toBe(false);
    expect(await isMadeAnew()).toBe(false);
  });

  it('stays when a file was read', async () => {
    await readFile(join(bed.root, 'three'));
    await readdir(join(bed.root, 'a'));
    expect(await isMadeAnew()).toBe(false);
  });
});

const python = (code: string): Promise<unknown> =>
  execa('python3', ['-c', `import os,sys\nos.chdir(sys.argv[1])\n${code}`, bed.root]);

const path = (name: string): string => join(bed.root, name);

const CHANGES: Record<string, () => Promise<unknown>> = {
  'a mode': () => chmod(path('three'), 0o600),
  'a time': () => utimes(path('three'), 7, 7),
  'an empty folder more': () => mkdir(path('a/new')),
  'an empty folder less': () => rm(path('empty'), { recursive: true }),
  'a link that leads elsewhere': async () => {
    await rm(path('link'));
    await symlink('a/one', path('link'));
  },
  'a hard link more': () => link(path('three'), path('four')),
  'a FIFO': () => execa('mkfifo', [path('fifo')]),
  'a file more, as old as the others': () => bed.write({ new: 'n' }),
  'a file of the same size and time': () => bed.write({ three: '444' }),
};
if (isRoot) CHANGES['an owner'] = () => execa('chown', ['-h', '1234:4321', path('link')]);
if (hasPython && hasGetfattr) {
  CHANGES['an attribute'] = () => python(`os.setxattr('three',b'user.tag',b'v')`);
  CHANGES['an ACL'] = () =>
    python(`os.setxattr('empty','system.posix_acl_default',bytes.fromhex(
'0200000001000600ffffffff020004009210000004000400ffffffff10000400ffffffff20000000ffffffff'))`);
}

it.each(Object.entries(CHANGES))(
  '%s is in the manifest that the remote has after the next run',
  async (what, change) => {
    const work = await mirrorAtWork(bed);
    const there = async (): Promise<string> =>
      gunzipSync(await readFile(join(bed.copy, '.fts/mirror-metadata.jsonl.gz'))).toString();
    await work.run();
    const before = await there();
    await change();
    await work.run();
    const now = await there();
    await rm(join(bed.files.folder, 'tree.json'), { force: true });
    await present();
    expect(now).toBe(await lines());
    if (what !== 'a file of the same size and time') expect(now).not.toBe(before);
  },
);

it.runIf(hasPython && hasGetfattr)(
  'a second change of one attribute is told, however soon it follows',
  async () => {
    for (const value of ['first', 'second', 'third']) {
      await python(`os.setxattr('three',b'user.tag',b'${value}')`);
      await present();
      expect(await lines()).toContain(Buffer.from(value).toString('base64'));
    }
  },
);

describe('a manifest is made anew', () => {
  it('while something in the volume changed a moment ago, or in the future', async () => {
    vi.restoreAllMocks();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now());
    await chmod(path('three'), 0o600);
    await present();
    expect(await isMadeAnew()).toBe(true);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    await present();
    expect(await isMadeAnew()).toBe(true);
  });

  it('when the file, or what is known of it, is damaged or gone', async () => {
    const record = join(bed.files.folder, 'tree.json');
    const whole = await readFile(record, 'utf8').catch(() => '');
    await writeFile(manifest, 'x', { flag: 'a' });
    expect(await isMadeAnew()).toBe(true);
    await rm(manifest);
    await present();
    expect(await lines()).toContain('"three"');
    for (const damage of [
      '',
      '{',
      whole.replace(/"sha1":"./, '"sha1":"x'),
      whole.replace(/"tree":"./, '"tree":"x'),
    ]) {
      await writeFile(record, damage);
      expect(await isMadeAnew(), damage).toBe(true);
    }
    await rm(record, { force: true });
    expect(await isMadeAnew()).toBe(true);
    await rm(manifest);
    await execa('mkfifo', [manifest]);
    await present();
    expect(await lines()).toContain('"three"');
  });

  it('for another volume, other excludes, other mounts, and where nobody can tell the volume', async () => {
    expect(await isMadeAnew({ identity: 'mounted anew' })).toBe(true);
    expect(await isMadeAnew({ identity: 'mounted anew', exclude: ['a'] })).toBe(true);
    expect(await lines()).not.toContain('"a/one"');
    expect(await isMadeAnew({ identity: 'mounted anew', mounts: ['a'] })).toBe(true);
    expect(await isMadeAnew({ identity: undefined })).toBe(true);
  });

  it('after a week, and when the clock is behind the last time', async () => {
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now - 30_000);
    expect(await isMadeAnew()).toBe(true);
    vi.spyOn(Date, 'now').mockReturnValue(now + 8 * 24 * 3_600_000);
    expect(await isMadeAnew()).toBe(true);
  });

  it('when an owner has another name', async () => {
    await shim('getent', 'shift; for n; do echo "renamed:x:$n:"; done');
    expect(await isMadeAnew()).toBe(true);
    expect(await lines()).toContain('"user":"renamed"');
  });

  it('as long as something cannot be read', async () => {
    await shim('find', 'exec setpriv --bounding-set -all /usr/bin/find "$@"');
    await chmod(path('empty'), 0);
    await present();
    expect(await isMadeAnew()).toBe(true);
    expect(await lines()).toContain('Permission denied');
  });
});

it('a manifest that somebody deleted in the remote goes up again, though nothing changed', async () => {
  const work = await mirrorAtWork(bed);
  await work.run();
  await rm(join(bed.copy, '.fts'), { recursive: true });
  expect(await bed.plan()).toMatchObject({ manifest: { isThere: false } });
  await work.run();
  expect(gunzipSync(await readFile(join(bed.copy, '.fts/mirror-metadata.jsonl.gz'))).toString()).toBe(
    await lines(),
  );
});

it('a volume is not touched before the guard has answered for it', async () => {
  const refusal = new Error('not this one');
  await rm(bed.root, { recursive: true }); // of which it would complain
  const volume = Promise.reject(refusal);
  volume.catch(() => undefined);
  await expect(bed.plan({ volume })).rejects.toBe(refusal);
});
