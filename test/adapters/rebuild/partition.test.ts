import { expect, it } from 'vitest';
import { type Belongs, partition } from '../../../src/adapters/rebuild/partition.js';

const belongs = partition({ projects: ['active', 'work/deep'] });

it.each<[string, 'dir' | 'file' | 'symlink', Belongs]>([
  ['active', 'dir', { to: 'way' }],
  ['work', 'dir', { to: 'way' }],
  ['active/thesis', 'dir', { to: 'part', text: 'active/thesis', root: true }],
  ['active/thesis/a/b', 'file', { to: 'part', text: 'active/thesis', root: false }],
  ['active/note', 'file', { to: 'part', text: 'active/note', root: true }],
  ['work/deep/one/x', 'file', { to: 'part', text: 'work/deep/one', root: false }],
  ['work/other/x', 'file', { to: 'part', text: 'work/other', root: false }],
  ['active', 'symlink', { to: 'part', text: 'active', root: true }],
  ['media/film', 'file', { to: 'part', text: 'media', root: false }],
  ['.fts/graduated/x', 'file', { to: 'nothing' }],
  ['.fts-volume', 'file', { to: 'nothing' }],
  ['lost+found', 'dir', { to: 'nothing' }],
  ['media/.fts', 'dir', { to: 'part', text: 'media', root: false }],
])('%s, a %s, belongs so', (path, kind, expected) => {
  expect(belongs({ path, kind })).toEqual(expected);
});
