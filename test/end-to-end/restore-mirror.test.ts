import { chmod, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { type MirrorEstate, type TestMirror, startMirrorEstate } from '../support/mirror-estate.js';
import { treeOf } from '../support/tree.js';

const PATIENCE_MS = 180_000;

let estate: MirrorEstate;
let media: TestMirror;
let before: Record<string, string>;
const isOwn = (name: string): boolean => name.startsWith('.fts');
const live = () => treeOf(media.root, isOwn);

beforeAll(async () => {
  estate = await startMirrorEstate();
  media = await estate.mirror('media');
  await media.write({ 'films/a.mkv': 'a film', 'films/b.mkv': 'another', 'odd/new\nline': 'odd' });
  await mkdir(join(media.root, 'films', 'empty'));
  await chmod(join(media.root, 'films', 'a.mkv'), 0o640);
  await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', join(media.root, 'films')]);
  expect((await media.run()).outcome).toBe('complete');
  before = await live();
}, PATIENCE_MS);
afterAll(() => estate.remove());

const restore = async (...args: string[]): Promise<Record<string, unknown>> => {
  const exit = await estate.fts('restore', '--json', ...args);
  return { ...answer(exit), exitCode: exit.exitCode };
};

it(
  'fts restore brings a volume that only a mirror holds back as it was, and what the mirror hid since',
  async () => {
    const at = new Date().toISOString();
    await rm(join(media.root, 'films', 'b.mkv'));
    await rm(join(media.root, 'odd'), { recursive: true });
    expect((await media.run()).outcome).toBe('complete');
    const gone = await restore('media/odd');
    expect(gone).toMatchObject({
      exitCode: 2,
      error: { type: 'NotInMirror', hint: expect.stringContaining('--at 2') as string },
    });
    const plan = await restore('media', '--at', at, '--in-place', '--plan');
    expect(plan).toMatchObject({ exitCode: 0, restored: { files: 2 }, conflicts: { count: 0 } });
    const ended = await restore('media', '--at', at, '--in-place', '--yes');
    expect(ended).toMatchObject({
      ...{ exitCode: 0, outcome: 'complete', kind: 'restore' },
      source: { remote: 'media', at },
      target: media.root,
      restored: { files: 2, bytes: 10 },
      replaced: { files: 0, bytes: 0 },
      verified: { files: 3, bytes: 16 },
    });
    expect(await live()).toEqual(before);
  },
  PATIENCE_MS,
);

it(
  'fts restore --remote tells people where it came from',
  async () => {
    const done = await estate.fts('restore', 'media/films/a.mkv', '--remote', 'media');
    expect(done).toMatchObject({ exitCode: 0 });
    expect(done.stdout).toContain('from the mirror on media as of');
    expect(done.stdout).toContain('1 file, 6 B compared with the mirror');
    const [folder = ''] = (await readdir(join(media.root, 'films'))).filter((name) =>
      name.includes('restored'),
    );
    expect(await readFile(join(media.root, 'films', folder, 'a.mkv'), 'utf8')).toBe('a film');
  },
  PATIENCE_MS,
);

it.each([
  [['media/films', '--remote', 'medai'], /no remote "medai"/, /did you mean media\?/],
  [['media/films', '--remote', 'media', '--snapshot', 'latest'], /exclude each other/, /--at/],
  [['media/fims'], /does not hold media\/fims/, /did you mean films\?/],
  [['media/films', '--at', '2020-01-01'], /did not hold at/, /there now/],
])(
  'fts restore ends with 2 for %j',
  async (args, message, hint) => {
    const refused = await restore(...args);
    expect(refused).toMatchObject({
      exitCode: 2,
      error: {
        message: expect.stringMatching(message) as string,
        hint: expect.stringMatching(hint) as string,
      },
    });
  },
  PATIENCE_MS,
);
