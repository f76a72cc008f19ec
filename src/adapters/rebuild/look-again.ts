import { volumeOf } from '../../estate/lookup.js';
import { ordered } from './look.js';
import { amountOf } from './parts.js';
import { type RebuildRecord, readParts, writeParts } from './record.js';
import { divideSnapshot } from './snapshot.js';
import { IN_PART } from '../restore/list.js';
import type { RestoreSetting } from '../restore/setting.js';
import { findSource } from '../restore/source.js';

/**
 * The rebuild by what its snapshot tells now: some of its folders could not be read before, and may be by now. Parts that are back
 * stay so; all others are left to do. The list of parts is a new file, which the record that is answered goes by: until that
 * is written, the rebuild is what it was.
 */
export async function lookAgain(setting: RestoreSetting, record: RebuildRecord): Promise<RebuildRecord> {
  const { volume, source, base, projects } = record;
  if ('remote' in source) return record;
  const { repository, snapshotId: snapshot } = source;
  const found = await findSource(setting, { repository, snapshot }, volume);
  const { directories } = volumeOf(setting.loaded.estate, volume);
  const divided = await divideSnapshot(setting, { found, base }, { projects, directories });
  const parts = ordered(divided.parts);
  const left = new Set([...record.todo, ...record.failed.map(({ part }) => part)]);
  const before = await readParts(setting.state, record);
  const back = new Set(before.flatMap(({ path }, index) => (left.has(index) ? [] : [path])));
  const notes = (source.notes ?? []).filter((note) => note !== IN_PART);
  const told = divided.isPart ? [...notes, IN_PART] : notes;
  const { notes: _, ...pinned } = source;
  const { isPart: _before, ...kept } = record;
  const next: RebuildRecord = {
    ...{ ...kept, ...(divided.isPart && { isPart: true }), listing: record.listing + 1 },
    source: { ...pinned, ...(told.length > 0 && { notes: told }) },
    ...{ folders: divided.folders, parts: parts.length, total: amountOf(parts), alone: [], failed: [] },
    todo: parts.flatMap(({ path }, index) => (back.has(path) ? [] : [index])),
  };
  await writeParts(setting.state, next, parts);
  await setting.onStep('rebuild-parts');
  return next;
}
