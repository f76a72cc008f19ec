import { rmdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Amount, RestoreResult } from '../../domain/restore.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { emptyFolder, syncFilesystem } from '../project/copy.js';
import { namesOf, plannedPlaces } from './beside.js';
import { type Ground, inOwnFolder, onGround, requireGround } from './ground.js';
import { removeMirrorFiles } from './mirror-files.js';
import { putInPlace } from './in-place.js';
import { loosenAll, needsLoosening, readLoosened, tightenFolders } from './loosen.js';
import { placesInParcels, putParcels } from './put.js';
import { type RestoreRecord, writeRestore } from './record.js';
import type { RestoreSetting } from './setting.js';
import { isErrno } from '../state.js';

const NOTHING: Amount = { files: 0, bytes: 0 };

/** Puts what was verified where it belongs, and removes the staging. Safe to repeat, also after it has ended well. */
export async function publishRestore(setting: RestoreSetting, record: RestoreRecord): Promise<RestoreResult> {
  const { ground } = record.target;
  await requireGround(setting, ground);
  setting.tell({ phase: 'publish' });
  let { result } = record;
  if (result === undefined) {
    result = await onGround(ground, (root) =>
      inOwnFolder(root, ground, { own: 'staging', id: record.id }, (staging) =>
        put(setting, record, { root, staging }),
      ),
    );
    await syncFilesystem(ground.root, setting.signal);
    if (ground.volume !== undefined) await setting.requireVolume(ground.volume);
    await writeRestore(setting.state, record, { step: 'published', result });
    await setting.onStep('result-recorded');
  }
  await removeStaging(ground, record.id);
  await removeMirrorFiles(setting.state, record.id, record.items.length);
  await setting.onStep('staging-removed');
  return result;
}

async function put(
  setting: RestoreSetting,
  record: RestoreRecord,
  open: { root: FileHandle; staging: FileHandle },
): Promise<RestoreResult> {
  const { target, items, source, suffix, unlocked, unrestored } = record;
  const verified = items.reduce(
    (sum, { expected: { files, bytes } }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }),
    NOTHING,
  );
  const notes = [...(source.notes ?? []), ...(unlocked ? [UNLOCKED] : [])];
  const common = {
    source: { ...source, ...(notes.length > 0 && { notes }) },
    verified,
    ...(unrestored && { unrestored }),
  };
  const loosened = await readLoosened(open.staging);
  if (target.kind === 'in-place') {
    const merged = await putInPlace(setting, { ...record, target }, { ...open, loosened });
    await tightenFolders(open.root, loosened, namesOf);
    const places = await plannedPlaces(target, {
      suffix,
      items: items.map(({ path }) => ({ path: Buffer.from(path, 'hex') })),
    });
    const { unchanged, conflicts, lost, replaced, areAttributesKnown } = merged;
    const told = areAttributesKnown ? notes : [...notes, UNCOMPARED];
    return {
      ...{ ...common, ...placesOf(places), unchanged, conflicts, replaced },
      source: { ...source, ...(told.length > 0 && { notes: told }) },
      restored: {
        files: verified.files - unchanged.files - lost.files,
        bytes: Math.max(0, verified.bytes - unchanged.bytes - lost.bytes), // names of one file count once in the first
      },
    };
  }
  const places = await putParcels(setting, record, open);
  await tightenFolders(open.root, loosened, await placesInParcels(setting.state, record));
  return {
    ...{ ...common, ...placesOf(places), restored: verified },
    ...{ unchanged: NOTHING, conflicts: { count: 0, first: [] }, replaced: NOTHING },
  };
}

const UNCOMPARED = 'extended attributes and ACLs were not compared: getfattr is not installed';
const UNLOCKED = 'the repository cannot be written, and was read without a lock';

/** So many places are in a result. */
const LISTED = 20;

function placesOf(places: readonly string[]): Pick<RestoreResult, 'target' | 'targets'> {
  const [target = ''] = places;
  return { target, ...(places.length > 1 && { targets: places.slice(0, LISTED) }) };
}

/** Removes a restore's staging, if there is any; what it kept of what it replaced stays. Safe to repeat. */
export async function removeStaging(ground: Ground, id: string): Promise<void> {
  await onGround(ground, async (root) => {
    await clear(root, [OWN_FOLDER, 'restores', id]);
    await removeEmpty(root, [OWN_FOLDER, 'replaced', id]);
    if (ground.volume !== undefined) return; // others may be about to use our folders there
    await removeEmpty(root, [OWN_FOLDER, 'restores']);
    await removeEmpty(root, [OWN_FOLDER, 'replaced']);
    await removeEmpty(root, [OWN_FOLDER]);
  });
}

async function emptied(folder: FileHandle): Promise<void> {
  if (needsLoosening()) await loosenAll(folder);
  await emptyFolder(folder);
}

async function clear(root: FileHandle, names: readonly string[]): Promise<void> {
  const [name = '', ...rest] = names;
  const entry = await lookAt(root, Buffer.from(name));
  if (!entry?.isDirectory()) return;
  await within(openEntry(root, Buffer.from(name)), (folder) =>
    rest.length === 0 ? emptied(folder) : clear(folder, rest),
  );
  if (rest.length === 0) await rmdir(entryPath(root, Buffer.from(name)));
}

async function removeEmpty(root: FileHandle, names: readonly string[]): Promise<void> {
  const [name = '', ...rest] = names;
  const entry = await lookAt(root, Buffer.from(name));
  if (!entry?.isDirectory()) return;
  if (rest.length > 0)
    return within(openEntry(root, Buffer.from(name)), (folder) => removeEmpty(folder, rest));
  await rmdir(entryPath(root, Buffer.from(name))).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
}
