import { expect, it } from 'vitest';
import { movedText } from '../../src/cli/run-summary.js';

const film = { project: 'film', files: 5, bytes: 2048, destination: 'space/projects/film' };
const hot = { project: 'house', reason: 'hot' };
const sources = { removed: 0, waiting: 1, kept: 0, reasons: [] };

it.each([
  ['a purge', { deleted: { files: 2, bytes: 1024 } }, '2 files deleted, 1.0 KiB'],
  [
    'a purge with trouble',
    { deleted: { files: 1, bytes: 0 }, changed: 1, problems: { count: 2, first: [] } },
    '1 file deleted, 0 B · 1 file changed meanwhile and left · 2 problems',
  ],
  [
    'a graduation',
    { counts: { moved: 1, kept: 1, failed: 0 }, moved: [film], kept: [hot], failed: [], sources },
    '1 project moved, 2.0 KiB · 1 kept',
  ],
  [
    'a graduation of more than a result lists',
    { counts: { moved: 2, kept: 0, failed: 1 }, moved: [film], kept: [], failed: [hot] },
    '2 projects moved, over 2.0 KiB · 0 kept · 1 failed',
  ],
  [
    'a drill',
    {
      ...{ snapshotId: 'a1', snapshotAge: 60, compared: { files: 25, bytes: 2048 }, mismatches: 1 },
      ...{ notComparable: 0, negativeControl: 'caught', bytesPerSecond: 1024 },
      coverage: { projects: 3, drilled: 2, cycleDays: 90 },
    },
    '25 files compared, 2.0 KiB · 1 not what was saved',
  ],
  ['something else', { other: true }, ''],
])('says in a few words what %s moved', (_, result, text) => {
  expect(movedText(result)).toBe(text);
});
