import type { FileHandle } from 'node:fs/promises';
import type { Amount, RestoreResult } from '../../domain/restore.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { lookAt, openEntry, within } from '../folder-entry.js';
import { plannedPlaces, shownPlace } from './beside.js';
import { TREE } from './fetch.js';
import { keptPath, onGround } from './ground.js';
import { PARCELS } from './parcels.js';
import { placeOf } from './put.js';
import type { RestoreRecord } from './record.js';
import { readConflicts } from './report.js';
import { amountIn } from './scan.js';
import type { RestoreSetting } from './setting.js';

/**
 * What a restore that does not go on has done: what left its staging, what it replaced. Undefined if nothing has. To be
 * called while the staging is there.
 */
export async function restoredSoFar(
  { state, signal }: RestoreSetting,
  record: RestoreRecord,
): Promise<RestoreResult | undefined> {
  const { target, id, items, source, step } = record;
  if (record.result !== undefined || step !== 'verified') return record.result;
  const { ground } = target;
  const [left, kept] = await onGround(ground, async (root) => [
    await amountBelow(
      root,
      [
        [OWN_FOLDER, 'restores', id, TREE],
        [OWN_FOLDER, 'restores', id, PARCELS],
      ],
      signal,
    ),
    await amountBelow(root, [[OWN_FOLDER, 'replaced', id]], signal),
  ]);
  const { conflicts, lost } = await readConflicts(state, id);
  const all = items.reduce((sum, { expected }) => plus(sum, expected), NOTHING);
  const restored = minus(minus(all, left), lost);
  if (restored.files === 0 && conflicts.count === 0 && kept.files === 0) return undefined;
  const places =
    target.kind === 'in-place'
      ? await plannedPlaces(target, {
          suffix: record.suffix,
          items: items.map(({ path }) => ({ path: Buffer.from(path, 'hex') })),
        })
      : (record.parcels ?? []).map((parcel) => shownPlace(ground, placeOf(parcel)));
  const [first = ground.root] = places;
  return {
    ...{ source, target: first, restored, unchanged: NOTHING, conflicts, verified: NOTHING },
    replaced: { ...kept, ...(kept.files > 0 && { keptAt: keptPath(ground, id) }) },
    ...(record.unrestored && { unrestored: record.unrestored }),
  };
}

const NOTHING: Amount = { files: 0, bytes: 0 };

const plus = (one: Amount, other: Amount): Amount => ({
  files: one.files + other.files,
  bytes: one.bytes + other.bytes,
});

/** What is in staging and was told as given up counts twice: never less than nothing. */
const minus = (one: Amount, other: Amount): Amount => ({
  files: Math.max(0, one.files - other.files),
  bytes: Math.max(0, one.bytes - other.bytes),
});

async function amountBelow(
  root: FileHandle,
  folders: readonly (string | Buffer)[][],
  signal: AbortSignal,
): Promise<Amount> {
  let sum = NOTHING;
  for (const names of folders) sum = plus(sum, await amountOf(root, names, signal));
  return sum;
}

async function amountOf(
  folder: FileHandle,
  [name, ...rest]: readonly (string | Buffer)[],
  signal: AbortSignal,
): Promise<Amount> {
  if (name === undefined) return amountIn(folder, signal);
  const entry = await lookAt(folder, Buffer.from(name));
  if (!entry?.isDirectory()) return NOTHING;
  return within(openEntry(folder, Buffer.from(name)), (open) => amountOf(open, rest, signal));
}
