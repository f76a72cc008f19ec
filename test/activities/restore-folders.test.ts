import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canMount } from '../support/loop-device.js';
import { type RestoreEstate, makeRestoreEstate } from '../support/restore-estate.js';

let bed: RestoreEstate;
/** The whole volume, then folders of it one by one, as plain restic saves them. */
let [whole, thesis, films]: string[] = [];

beforeAll(async () => {
  bed = await makeRestoreEstate();
  await mkdir(join(bed.flux, 'films'));
  await writeFile(join(bed.flux, 'films', 'one'), 'a film');
  const at = (time: string): string[] => ['--time', time];
  whole = await bed.backup(...at('2026-01-01 12:00:00'), bed.flux);
  thesis = await bed.backup(...at('2026-01-02 12:00:00'), bed.thesis);
  films = await bed.backup(...at('2026-01-03 12:00:00'), join(bed.flux, 'films'));
  await bed.remember();
}, 60_000);
beforeEach(() => bed.reset());
afterAll(() => bed.remove());

describe('of snapshots that were made of several folders', () => {
  it.each([
    [['flux'], () => whole],
    [['flux/active'], () => whole],
    [['flux/active/thesis/notes'], () => thesis],
    [['flux/films/one'], () => films],
    [['flux/films/one', 'flux/active/thesis/notes'], () => whole],
  ])('the newest that was made of all of %j is taken', async (paths, meant) => {
    const { source } = await bed.plan({ paths });
    expect(source).toMatchObject({ snapshotId: meant() });
    expect(source.notes).toBeUndefined();
  });

  it('one that is named, and was made of less, says so', async () => {
    const { source } = await bed.plan({ paths: ['flux'], ...(films !== undefined && { snapshot: films }) });
    expect(source.notes).toEqual([`the snapshot was made of ${join(bed.flux, 'films')} only`]);
  });
});

it.skipIf(!canMount)('in place, says which file cannot be replaced, and what to do', async () => {
  const notes = join(bed.thesis, 'notes');
  await writeFile(notes, 'changed since');
  const { exitCode } = await execa('chattr', ['+i', notes], { reject: false });
  if (exitCode !== 0) return; // the filesystem knows no such thing
  const inPlace = { target: { kind: 'in-place', conflict: 'replace' } } as const;
  const refused = bed.restore({ ...inPlace, id: 'immutable' });
  await expect(refused)
    .rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringMatching(/^active\/thesis\/notes cannot be restored in place/) as string,
    })
    .finally(() => execa('chattr', ['-i', notes]));
  expect(await bed.restore({ ...inPlace, id: 'immutable' })).toMatchObject({ replaced: { files: 1 } });
});
