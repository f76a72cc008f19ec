import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { Client } from '../b2-stand-in/client.js';
import { MANIFEST } from '../support/mirror-b2-bed.js';
import { mirrorRestoreBed } from '../support/mirror-restore-bed.js';
import { treeOf } from '../support/tree.js';

const TIMEOUT = 240_000;

/** From the staged folder `projects/thesis` to the root of the volume. */
const UP = '../../../../../..';

const told = {
  ...{ type: 'folder', mode: '0777', uid: 4242, gid: 4242 },
  mtime: '2001-01-01T00:00:00.000000000Z',
};

/** Lines of a manifest that none of ours has. */
const HOSTILE: Record<string, object> = {
  'leads out to a new folder': { path: `projects/thesis/${UP}/made` },
  'leads out to a file': { path: `projects/thesis/${UP}/victim`, type: 'file' },
  'leads out to a FIFO': { path: `projects/thesis/${UP}/made`, type: 'fifo' },
  'leads out to a device': { path: `projects/thesis/${UP}/made`, type: 'device', device: 'c 1:3' },
  'leads out to another name': {
    ...{ path: 'projects/thesis/notes', type: 'file', size: 14 },
    hardLink: `projects/thesis/${UP}/victim`,
  },
  'is absolute': { path: '/projects/thesis/made' },
  'ends in a slash': { path: 'projects/thesis/deep/' },
  'holds a NUL': { path: 'projects/thesis/a\\x00/made', encoded: true, type: 'fifo' },
  'has a name that is too long': { path: `projects/thesis/${'x'.repeat(256)}` },
  'has an owner that is none': { path: 'projects/thesis/notes', type: 'file', uid: 99_999_999_999 },
  'has a time that is none': { path: 'projects/thesis/deep', mtime: '@99999999999999999999.000000000' },
  'has a device that is none': { path: 'projects/thesis/made', type: 'device', device: 'c 9999:1' },
};

const manifest = (...lines: object[]): Buffer =>
  gzipSync(lines.map((line) => `${JSON.stringify({ ...told, ...line })}\n`).join(''));

/** Manifests that are no manifests. */
const BROKEN: Record<string, () => Buffer> = {
  'is garbage': () => Buffer.from('this is not packed'),
  'is cut short': () => manifest({ path: '' }, { path: 'projects' }).subarray(0, 60),
  'has a line that does not end': () => gzipSync('x'.repeat(20 * 1024 ** 2)),
};

it.each([
  ...Object.entries(HOSTILE).map(([what, line]): [string, () => Buffer] => [what, () => manifest(line)]),
  ...Object.entries(BROKEN),
])(
  'a manifest that %s is not gone by, and what it tells of is not touched',
  async (_what, make) => {
    const bed = await mirrorRestoreBed('local');
    await bed.sync();
    await writeFile(join(bed.space, 'victim'), 'untouched');
    await chmod(join(bed.space, 'victim'), 0o600);
    const outside = () =>
      treeOf(bed.folder, (name) => ['space', 'state', 'manifest'].includes(name)).then(JSON.stringify);
    const inside = () =>
      treeOf(bed.space, (name) => name === 'projects' || name === '.fts').then(JSON.stringify);
    const before = [await outside(), await inside()];
    const file = join(bed.folder, 'manifest');
    await writeFile(file, make());
    await bed.plain('copyto', file, `${bed.root}/${MANIFEST}`);
    const { target, source } = await bed.restore();
    expect(source.notes).toEqual([expect.stringContaining('manifest cannot be read') as string]);
    expect(await readFile(join(target, 'notes'), 'utf8')).toBe('first thoughts');
    expect([await outside(), await inside()]).toEqual(before);
  },
  TIMEOUT,
);

it(
  'files of a bucket whose names nothing here can have are left out, which is said, and all others come back',
  async () => {
    const bed = await mirrorRestoreBed();
    const client = await Client.authorized(bed.standIn.endpoint);
    const contents: Record<string, string> = {
      ...{ '‛‛': '‛', 'a‛‛b': 'a‛b', '‛␀': '␀', '‛／': '／', '‛␊': '␊', '␊': '\n' },
      ...{
        'trail ': 'trail ',
        'trail.': 'trail.',
        '＼': '\\',
        'a-v2026-01-01-000000-000.txt': '',
        'f‛‛/g': 'f‛/g',
      },
    };
    const out = ['../../../up', 'a/../b', './c', '/d', '//e', '␀n', 'n'.repeat(256)];
    const put = (name: string, content = ''): Promise<string> =>
      client.put(`mirror/projects/odd/${name}`, content);
    for (const [name, real] of Object.entries(contents)) await put(name, `content of ${real || name}`);
    for (const name of out) await put(name, 'out');
    await put('both', 'the file');
    await put('both.txt', 'another');
    await put('both/child', 'in the folder');

    const { target, source, restored } = await bed.restore({ paths: ['space/projects/odd'] });
    for (const [name, real] of Object.entries(contents))
      expect(await readFile(join(target, real || name), 'utf8')).toBe(`content of ${real || name}`);
    expect(await readFile(join(target, 'both', 'child'), 'utf8')).toBe('in the folder');
    expect(restored.files).toBe(Object.keys(contents).length + 2);
    expect(source.notes?.slice(1)).toEqual([
      expect.stringMatching(/^1 files are left out, .*folders of the same names \(both\)/) as string,
      expect.stringMatching(/^7 files are left out, .*such a name/) as string,
    ]);
    const one = await bed.restore({ paths: ['space/projects/odd/‛'] });
    expect(await readFile(join(one.target, '‛'), 'utf8')).toBe('content of ‛');
  },
  TIMEOUT,
);
