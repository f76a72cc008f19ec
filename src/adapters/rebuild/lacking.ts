import type { RestoreResult } from '../../domain/restore.js';
import type { RebuildRecord } from './record.js';

/** What parts could not be brought back whole, for people, with that of some more: notes that begin with a number are added up. */
export function addLacking(
  lacking: RebuildRecord['lacking'],
  result: RestoreResult,
): RebuildRecord['lacking'] {
  const all = { ...lacking };
  for (const note of result.source.notes ?? []) {
    const [, number = '0', what = note] = /^(\d+) (.*)$/s.exec(note) ?? [];
    all[what] = (all[what] ?? 0) + Number(number);
  }
  return all;
}
