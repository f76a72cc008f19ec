import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begin, end } from '../../activities/unfinished-snapshot.js';
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
    await estate.makeRepository();
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

/** The job's journal, or undefined. */
const journal = async (): Promise<Record<string, unknown> | undefined> => {
  const text = await readFile(estate.state.path('journal', 'save.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
};

describe('a worker that stood still while another one took its work over', () => {
  const complete = async (): Promise<string> => {
    const snapshotId = await save(estate);
    await estate.run(estate.activities.recordRun, {
      ...{ job: 'save', startedAt: new Date().toISOString(), outcome: 'complete', result: { snapshotId } },
    });
    return snapshotId;
  };

  it('leaves the journal of the other one alone when it ends', async () => {
    const [first, second] = [await begin(estate.state, 'save'), await begin(estate.state, 'save')];
    await end(estate.state, 'save', first);
    expect(await journal()).toBeDefined();
    await end(estate.state, 'save', second);
    expect(await journal()).toBeUndefined();
    await end(estate.state, 'save', second);
  });

  it('and whose restic goes on leaves a snapshot that is marked as partial, however late', async () => {
    await complete();
    await begin(estate.state, 'save');
    const startedAt = (await journal())?.startedAt;
    await estate.restic('backup', '--host', 'here', '--tag', 'fts,job=save', estate.flux);
    await begin(estate.state, 'save'); // what the other one wrote while it waited for the lock
    expect(await journal()).toMatchObject({ startedAt });
    await save(estate);
    expect(await tags()).toEqual(['fts,job=save', 'fts,job=save,partial', 'fts,job=save']);
  });

  it('and writes its journal after the other one is done takes nothing from snapshots that are on record', async () => {
    const startedAt = new Date().toISOString();
    await complete();
    const recorded = await complete();
    await mkdir(estate.state.path('journal'), { recursive: true });
    await writeFile(estate.state.path('journal', 'save.json'), JSON.stringify({ startedAt }));
    await estate.restic('backup', '--host', 'here', '--tag', 'fts,job=save', estate.flux);
    await save(estate);
    expect(await tags()).toEqual([
      ...['fts,job=save', 'fts,job=save'],
      ...['fts,job=save,partial', 'fts,job=save'],
    ]);
    expect(await estate.restic('snapshots', '--json', recorded)).toContain(recorded);
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
