import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';
import { treeOf } from '../support/tree.js';

const inPlace = { target: { kind: 'in-place', conflict: 'replace' } } as const;

let bed: RestoreEstate;
let before: Record<string, string>;
beforeAll(async () => {
  bed = await makeRestoreEstate();
  for (const name of ['a', 'b', 'c']) await writeFile(join(bed.thesis, name), `saved ${name}`);
  before = await treeOf(bed.thesis);
  await bed.backup();
  await bed.remember();
});
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

/** Has a restore be cancelled after a step. */
async function cancelledAfter(
  step: RestoreStep,
  request: ReturnType<RestoreEstate['requestOf']>,
): Promise<void> {
  const cancelling = new AbortController();
  const onStep = (taken: RestoreStep): void => {
    if (taken === step) cancelling.abort();
  };
  await expect(bed.restore(request, { onStep, signal: cancelling.signal })).rejects.toThrow();
}

describe('a restore in place that is given up', () => {
  it('says what it did until then, and the next one does the rest', async () => {
    for (const name of ['a', 'b']) await writeFile(join(bed.thesis, name), `my ${name}`);
    await rm(join(bed.thesis, 'c'));
    const request = bed.requestOf(inPlace);
    await cancelledAfter('replaced', request);
    const done = await bed.discard(request.id);
    expect(done).toMatchObject({
      ...{ target: bed.thesis, restored: { files: 1, bytes: 7 }, conflicts: { count: 1 } },
      replaced: { files: 1, bytes: 4 },
      verified: { files: 0 },
    });
    expect(await readFile(join(done?.replaced.keptAt ?? '', 'active', 'thesis', 'a'), 'utf8')).toBe('my a');
    expect(await bed.discard(request.id)).toEqual(done);
    expect(await bed.staged()).toEqual([]);

    const rest = await bed.restore(inPlace);
    expect(rest).toMatchObject({ restored: { files: 2 }, replaced: { files: 1 }, conflicts: { count: 1 } });
    expect(await readFile(join(rest.replaced.keptAt ?? '', 'active', 'thesis', 'b'), 'utf8')).toBe('my b');
    expect(Object.keys(await treeOf(bed.thesis))).toEqual(Object.keys(before));
  });

  it('says so although it is stopped between the counting and the cleaning', async () => {
    await writeFile(join(bed.thesis, 'a'), 'my a');
    const request = bed.requestOf(inPlace);
    await cancelledAfter('replaced', request);
    const done = await bed.discard(request.id);
    expect(done?.restored.files).toBe(1);
    await mkdir(join(bed.flux, '.fts', 'restores', request.id, 'tree'), { recursive: true });
    expect(await bed.discard(request.id)).toEqual(done);
    expect(await bed.staged()).toEqual([]);
  });

  it.each(['staging-made', 'fetched', 'verified'] as const)('after "%s" has done nothing', async (step) => {
    const live = await bed.live();
    const request = bed.requestOf(inPlace);
    await cancelledAfter(step, request);
    expect(await bed.discard(request.id)).toBeUndefined();
    expect(await bed.live()).toEqual(live);
    expect(await bed.staged()).toEqual([]);
  });
});

it('a restore beside that is given up has done nothing', async () => {
  const request = bed.requestOf();
  await cancelledAfter('verified', request);
  expect(await bed.discard(request.id)).toBeUndefined();
  expect(await readdir(join(bed.thesis, '..'))).toEqual(['thesis']);
});

describe('what a restore left whose disk was away when it was given up', () => {
  const givenUpWithout = async (id: string): Promise<void> => {
    const away = `${bed.flux}-away`;
    await rename(bed.flux, away);
    await expect(bed.discard(id)).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    await rename(away, bed.flux);
    expect(await bed.staged()).toContain(id);
  };

  it('goes with the next restore there; what it kept stays, and what it did is known', async () => {
    for (const name of ['a', 'b']) await writeFile(join(bed.thesis, name), `my ${name}`);
    const request = bed.requestOf(inPlace);
    await cancelledAfter('replaced', request);
    await givenUpWithout(request.id);

    const rest = await bed.restore(inPlace);
    expect(rest).toMatchObject({ restored: { files: 1 }, replaced: { files: 1 } });
    expect(await bed.staged()).toEqual([]);
    const kept = join(bed.flux, '.fts', 'replaced', request.id, 'active', 'thesis');
    expect(await readFile(join(kept, 'a'), 'utf8')).toBe('my a');
    expect(Object.keys(await treeOf(bed.thesis))).toEqual(Object.keys(before));
    expect(await bed.discard(request.id)).toMatchObject({ restored: { files: 1 }, replaced: { files: 1 } });
  });

  it('goes alone: one that may go on stays, as does what nobody has a record of', async () => {
    const other = bed.requestOf();
    await cancelledAfter('fetched', other);
    await mkdir(join(bed.flux, '.fts', 'restores', 'mine'));
    const request = bed.requestOf();
    await cancelledAfter('verified', request);
    await givenUpWithout(request.id);

    await bed.restore();
    expect((await bed.staged()).sort()).toEqual(['mine', other.id].sort());
    expect(await bed.restore(other)).toMatchObject({ restored: { files: 5 } });
  });

  it('is not gone on with: nothing half there is told as restored', async () => {
    const request = bed.requestOf(inPlace);
    await rm(join(bed.thesis, 'a'));
    await cancelledAfter('verified', request);
    await givenUpWithout(request.id);
    await expect(bed.restore(request)).rejects.toMatchObject({
      ...{ type: 'RequestInvalid', message: expect.stringContaining('was given up') as string },
    });
    expect(await readdir(bed.thesis)).not.toContain('a');
  });
});

describe('what a restore left that was terminated', () => {
  const terminated = async (): Promise<{ id: string; record: string }> => {
    const request = bed.requestOf();
    await cancelledAfter('fetched', request);
    expect(await bed.staged()).toEqual([request.id]);
    return { id: request.id, record: bed.state.path('restores', `${request.id}.json`) };
  };

  it('is removed by a restore a week later', async () => {
    const { record } = await terminated();
    const written = JSON.parse(await readFile(record, 'utf8')) as { at: string };
    const at = new Date(Date.parse(written.at) - 8 * 24 * 3_600_000).toISOString();
    await writeFile(record, JSON.stringify({ ...written, at }));
    expect(await bed.restore()).toMatchObject({ verified: { files: 5 } });
    expect(await bed.staged()).toEqual([]);
  });

  it('stays where its record is damaged, and is in the way of no other', async () => {
    const { id, record } = await terminated();
    await writeFile(record, '{"id": "te');
    expect(await bed.restore()).toMatchObject({ verified: { files: 5 } });
    expect(await bed.staged()).toEqual([id]);
  });
});
