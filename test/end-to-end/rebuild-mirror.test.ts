import { mkdir, rm, symlink } from 'node:fs/promises';
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
const live = () => treeOf(media.root, (name) => name.startsWith('.fts'));

beforeAll(async () => {
  estate = await startMirrorEstate();
  media = await estate.mirror('media');
  await media.write({
    'films/a.mkv': 'a film',
    'films/b.mkv': 'another',
    'odd/new\nline': 'odd',
    plain: 'x',
  });
  await mkdir(join(media.root, 'films', 'empty'));
  await symlink('films/a.mkv', join(media.root, 'latest'));
  await execa('touch', ['-d', '2011-12-13 14:15:16.123456789', join(media.root, 'films')]);
  expect((await media.run()).outcome).toBe('complete');
  before = await live();
}, PATIENCE_MS);
afterAll(() => estate.remove());

it(
  'fts rebuild brings a volume that only a mirror holds back onto another drive',
  async () => {
    await rm(media.root, { recursive: true });
    await mkdir(media.root);
    expect((await estate.fts('provision', 'media')).exitCode).toBe(0);
    expect(answer(await estate.fts('rebuild', 'media', '--plan', '--json'))).toMatchObject({
      volumes: [{ source: { remote: 'media' }, parts: { count: 4, projects: 0 } }],
    });
    const exit = await estate.fts('rebuild', 'media', '--yes', '--json');
    expect({ ...answer(exit), exitCode: exit.exitCode }).toMatchObject({
      ...{ exitCode: 0, outcome: 'complete', volume: 'media', source: { remote: 'media' } },
      ...{ parts: { count: 4, done: 4, failed: [] }, restored: { files: 5 }, verified: { files: 5 } },
    });
    expect(await live()).toEqual(before);
    expect((await media.run()).outcome).toBe('complete');
  },
  PATIENCE_MS,
);
