import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResticEstate, makeResticEstate, save } from '../support/restic-estate.js';

let estate: ResticEstate;

beforeEach(async () => {
  estate = await makeResticEstate();
  await writeFile(join(estate.flux, 'file'), 'content');
});
afterEach(() => estate.remove());

const tags = async (): Promise<string[]> =>
  (JSON.parse(await estate.restic('snapshots', '--json')) as { time: string; tags: string[] }[])
    .sort((a, b) => a.time.localeCompare(b.time))
    .map((snapshot) => snapshot.tags.join());

/** The state that a worker leaves which is killed after restic saved its snapshot and before its outcome is known. */
async function leaveUnfinished(): Promise<void> {
  await mkdir(estate.state.path('journal'), { recursive: true });
  await writeFile(
    estate.state.path('journal', 'save.json'),
    JSON.stringify({ startedAt: new Date().toISOString() }),
  );
  await estate.restic('backup', '--host', 'here', '--tag', 'fts,job=save', estate.flux);
}

describe('a backup that was cut off', () => {
  it('leaves a snapshot that the next run marks as partial, and only that one', async () => {
    await save(estate);
    await leaveUnfinished();
    await save(estate);
    expect(await tags()).toEqual(['fts,job=save', 'fts,job=save,partial', 'fts,job=save']);
    await save(estate);
    expect(await tags()).toEqual(['fts,job=save', 'fts,job=save,partial', 'fts,job=save', 'fts,job=save']);
  });

  it('on a repository that this host never saw is marked too', async () => {
    await mkdir(estate.repository, { recursive: true });
    await estate.restic('init');
    await leaveUnfinished();
    await save(estate);
    expect(await tags()).toEqual(['fts,job=save,partial', 'fts,job=save']);
  });

  it('marks nothing when the journal cannot be read', async () => {
    await save(estate);
    await leaveUnfinished();
    await writeFile(estate.state.path('journal', 'save.json'), '{"startedAt":');
    await expect(estate.run(estate.activities.takeSnapshot, await estate.request())).rejects.toMatchObject({
      type: 'StateCorrupt',
    });
    expect(await tags()).toEqual(['fts,job=save', 'fts,job=save']);
  });
});

describe('marking', () => {
  it('a partial snapshot can be repeated and gives the same id', async () => {
    await save(estate);
    await leaveUnfinished();
    const request = await estate.request();
    const first = await estate.run(estate.activities.markPartial, request);
    expect(await estate.run(estate.activities.markPartial, request)).toEqual(first);
    expect(await estate.restic('snapshots', '--json', first.snapshotId)).toContain('partial');
  });
});
