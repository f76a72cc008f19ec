import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import type { ConflictPolicy, RestoreRequest } from '../../src/domain/restore.js';
import type { RestoreChild } from '../support/restore-child.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const CHILD = join(import.meta.dirname, '../../dist/test/support/restore-child.js');

let bed: RestoreEstate;
let before: Record<string, string>;
beforeAll(async () => {
  bed = await makeRestoreEstate();
  await writeFile(join(bed.thesis, 'odd'), 'was a file');
  before = await treeOf(bed.thesis);
  await bed.backup();
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

/** Restores in a process of its own, which is killed after that step. */
async function dieAfter(
  step: RestoreStep,
  request: RestoreRequest,
  { time = 1, discards = false } = {},
): Promise<void> {
  const told: RestoreChild = {
    file: bed.file,
    state: dirname(bed.state.path()),
    ...{ request, discards },
    die: { step, time },
  };
  const { signal } = await execa(process.execPath, [CHILD, JSON.stringify(told)], { reject: false });
  expect(signal, step).toBe('SIGKILL');
}

const BESIDE = [
  ...(['recorded', 'staging-made', 'fetched', 'folders-noted', 'verified', 'parcel-made'] as const),
  ...(['parcels-recorded', 'published', 'result-recorded', 'staging-removed'] as const),
];

describe('a restore beside the original that is killed', () => {
  it.each(BESIDE)('after "%s" is whole or not there, and is finished by its next attempt', async (step) => {
    const live = await bed.live();
    const request = bed.requestOf();
    await dieAfter(step, request);
    const there = (await readdir(dirname(bed.thesis))).filter((name) => name !== 'thesis');
    for (const name of there) expect(await treeOf(join(dirname(bed.thesis), name))).toEqual(before);

    const result = await bed.restore(request);
    expect(result).toMatchObject({ restored: { files: 3 }, verified: { files: 3 } });
    expect(await treeOf(result.target)).toEqual(before);
    expect(await readdir(dirname(bed.thesis))).toHaveLength(2);
    expect(await bed.staged()).toEqual([]);
    await rm(result.target, { recursive: true });
    expect(Object.keys(await bed.live())).toEqual(Object.keys(live));
    expect(await bed.restore(request)).toEqual(result);
  });
});

it.each(['given-up', 'counted'] as const)(
  'a restore that is killed while it is given up, after "%s", is cleared away by the next one',
  async (step) => {
    await writeFile(join(bed.thesis, 'notes'), 'my own notes');
    const request = bed.requestOf({ target: { kind: 'in-place', conflict: 'replace' } });
    await dieAfter('replaced', request);
    await dieAfter(step, request, { discards: true });
    expect(await bed.staged()).toEqual([request.id]);
    await bed.restore();
    expect(await bed.staged()).toEqual([]);
    const kept = join(bed.flux, '.fts', 'replaced', request.id, 'active', 'thesis', 'notes');
    expect(await readFile(kept, 'utf8')).toBe('my own notes');
    expect(await bed.discard(request.id)).toMatchObject({ replaced: { files: 1 } });
  },
);

interface Death {
  conflict: ConflictPolicy;
  step: RestoreStep;
  time?: number;
}
const during = (conflict: ConflictPolicy, ...steps: RestoreStep[]): Death[] =>
  steps.map((step) => ({ conflict, step }));

const IN_PLACE = [
  ...during('replace', 'reported', 'original-linked', 'replaced', 'moved-aside', 'linked', 'put'),
  ...during('replace', 'folder-put', 'folder-settled', 'merged', 'result-recorded'),
  { conflict: 'replace', step: 'folder-settled', time: 2 } satisfies Death,
  ...during('keep', 'reported', 'dropped', 'folder-put', 'merged'),
  ...during('rename', 'reported', 'linked', 'put', 'merged'),
];

describe('a restore in place that is killed', () => {
  /** A file that differs, one that is missing, a missing folder, and a folder in place of a file. */
  beforeEach(async () => {
    await writeFile(join(bed.thesis, 'notes'), 'my own notes');
    await rm(join(bed.thesis, 'odd'));
    await execa('mkdir', [join(bed.thesis, 'odd')]);
    await writeFile(join(bed.thesis, 'odd', 'inside'), 'in my folder');
    await rm(join(bed.thesis, 'deep', 'er'), { recursive: true });
    await writeFile(join(bed.thesis, 'mine'), 'only here');
  });

  /** Every content of a regular file in flux, be it among what is kept. */
  const contents = async (): Promise<Set<string>> => {
    const { stdout } = await execa('find', [
      bed.flux,
      '-type',
      'f',
      '-not',
      '-path',
      '*/restores/*',
      '-print0',
    ]);
    const files = stdout.split('\0').filter(Boolean);
    return new Set(await Promise.all(files.map((file) => readFile(file, 'utf8'))));
  };

  it.each(IN_PLACE)(
    'with $conflict after $step has lost nothing, and is finished',
    async ({ conflict, step, time }: Death) => {
      const request = bed.requestOf({ target: { kind: 'in-place', conflict } });
      await dieAfter(step, request, time === undefined ? {} : { time });
      for (const mine of ['my own notes', 'in my folder', 'only here'])
        expect(await contents()).toContain(mine);

      const result = await bed.restore(request);
      for (const mine of ['my own notes', 'in my folder', 'only here'])
        expect(await contents()).toContain(mine);
      expect(result.conflicts).toMatchObject({ count: 2 });
      expect(await bed.staged()).toEqual([]);
      expect(await readFile(join(bed.thesis, 'deep', 'er', 'data'), 'utf8')).toHaveLength(5000);
      const [notes, odd] = [join(bed.thesis, 'notes'), join(bed.thesis, 'odd')];
      switch (conflict) {
        case 'replace': {
          expect(result).toMatchObject({ restored: { files: 3 }, replaced: { files: 2, bytes: 24 } });
          await rm(join(bed.thesis, 'mine'));
          const after = await treeOf(bed.thesis);
          expect(after).toEqual(before);
          break;
        }
        case 'keep':
          expect(result).toMatchObject({ restored: { files: 1, bytes: 5000 }, replaced: { files: 0 } });
          expect(await readFile(notes, 'utf8')).toBe('my own notes');
          expect(await readdir(odd)).toEqual(['inside']);
          break;
        case 'rename':
          expect(result).toMatchObject({ restored: { files: 3 }, replaced: { files: 0 } });
          expect((await readdir(bed.thesis)).filter((name) => name.includes('.restored-'))).toHaveLength(2);
          expect(await readFile(notes, 'utf8')).toBe('my own notes');
      }
    },
  );
});
