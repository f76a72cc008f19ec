import { describe, expect, it } from 'vitest';
import { type MirrorToJudge, judgeMirror } from '../../src/domain/mirror.js';

const files = (count: number, bytes = 0) => ({ files: count, bytes });

const plan = (changed: Partial<MirrorToJudge> = {}): MirrorToJudge => ({
  ...{
    limits: undefined,
    source: files(1000),
    remote: files(1000),
    deletions: files(0),
    overwrites: files(0),
  },
  ...{ filter: ['/a'], filterBefore: ['/a'], ...changed },
});

describe('a mirror', () => {
  it.each([
    ['nothing to do', plan(), 'nothing'],
    ['nothing anywhere', plan({ source: files(0), remote: files(0) }), 'nothing'],
    ['an empty source, and nothing to delete', plan({ source: files(0) }), 'nothing'],
    ['an empty source', plan({ source: files(0), deletions: files(1) }), 'deletions'],
    ['the only file', plan({ remote: files(1), deletions: files(1) }), 'deletions'],
    ['few deletions of few', plan({ remote: files(21), deletions: files(20) }), 'nothing'],
    ['5% deleted', plan({ deletions: files(50) }), 'nothing'],
    ['more than 5% deleted', plan({ deletions: files(51) }), 'deletions'],
    ['1000 deleted', plan({ remote: files(100_000), deletions: files(1000) }), 'nothing'],
    ['more than 1000 deleted', plan({ remote: files(100_000), deletions: files(1001) }), 'deletions'],
    ['30% changed', plan({ overwrites: files(300) }), 'nothing'],
    ['more than 30% changed', plan({ overwrites: files(301) }), 'losses'],
    ['few changes of few', plan({ remote: files(100), overwrites: files(100) }), 'nothing'],
    ['both', plan({ overwrites: files(301), deletions: files(51) }), 'losses'],
    ['a share of its own', plan({ limits: { deleteShare: 0.5 }, deletions: files(500) }), 'nothing'],
    ['the other defaults beside it', plan({ limits: { deleteShare: 1 }, overwrites: files(301) }), 'losses'],
    ['bytes', plan({ limits: { deleteBytes: 10 }, deletions: files(1, 11) }), 'deletions'],
    ['a changed filter', plan({ filterBefore: [], deletions: files(1) }), 'losses'],
    ['a changed filter that takes nothing', plan({ filterBefore: [] }), 'nothing'],
    ['a first run', plan({ filterBefore: undefined }), 'nothing'],
    ['a first run onto other files', plan({ filterBefore: undefined, overwrites: files(1) }), 'losses'],
  ])('with %s', (_, judged, held) => {
    const verdict = judgeMirror(judged);
    expect(verdict.held).toBe(held);
    expect(verdict.exceeds === undefined).toBe(held === 'nothing');
  });

  it('says everything that it exceeds', () => {
    expect(
      judgeMirror(plan({ filterBefore: ['/b'], deletions: files(51), overwrites: files(301) })).exceeds,
    ).toBe(
      [
        'the filter changed since the last run: now left out: /a; no longer left out: /b',
        '301 of 1000 files (30.1%) would be changed, and 30% are allowed',
        '51 of 1000 files (5.1%) would be deleted, and 5% are allowed',
      ].join('; '),
    );
  });
});
