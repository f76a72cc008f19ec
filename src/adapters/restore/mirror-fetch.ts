import { type FileHandle, mkdir, rename, rmdir } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { LINK } from '../../domain/mirror-filter.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import { dropEntry } from '../drop-entry.js';
import { openBelow } from '../folder-below.js';
import { entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { NameList } from '../mirror/files.js';
import { listPlace } from '../mirror/listing.js';
import { listedFiles } from '../mirror/lists.js';
import { textOf } from '../mirror/source.js';
import { runRclone } from '../rclone.js';
import { type RcloneRemote, linksAsFiles } from '../rclone-remote.js';
import { namesOf } from './beside.js';
import type { RestoreContext } from './context.js';
import { TREE } from './fetch.js';
import { inOwnFolder, onGround, requireGround, requireRoom, stagingPath } from './ground.js';
import { compareContents, compareListings, notAsListed } from './mirror-compare.js';
import { type MirrorRestoreFiles, mirrorRestoreFiles } from './mirror-files.js';
import { below, placeOf } from './mirror-list.js';
import { type FoundMirror, keepsVersions, versionOptions } from './mirror-source.js';
import { type RestoreRecord, writeRestore } from './record.js';
import type { RestoreSetting } from './setting.js';
import { isErrno } from '../state.js';

/** Folder in staging with one for each thing that is asked for, until it is whole and gets its place in the tree. */
const ITEMS = Buffer.from('items');

const itemName = (index: number): Buffer => Buffer.from(String(index));

/**
 * Brings what is asked for of a mirror into staging, each file compared with the remote's hash, or byte by byte. Links come
 * as the files that hold them: while anything is fetched there is no link in staging that a name could lead through. Safe
 * to repeat: what is there and right is not fetched again.
 */
export async function fetchFromMirror(
  setting: RestoreSetting,
  record: RestoreRecord,
): Promise<RestoreRecord> {
  const { source, target, id } = record;
  if (!('remote' in source)) throw new Error('the restore is of a snapshot');
  const { ground } = target;
  await requireGround(setting, ground);
  const remote = await setting.openRemote(source.remote);
  const mirror: FoundMirror = { source, remote, versionAt: record.versionAt };
  const files = mirrorRestoreFiles(setting.state, id);
  await onGround(ground, (root) =>
    inOwnFolder(root, ground, { own: 'staging', id }, async (staging) => {
      const isNew = await makeItems(staging, record.items.length, setting.onStep);
      await setting.onStep('staging-made');
      const bytes = record.items.reduce((sum, { expected }) => sum + expected.bytes, 0);
      if (isNew) await requireRoom(setting, ground, bytes);
      await within(openEntry(staging, ITEMS), async (items) => {
        for (const [index, item] of record.items.entries()) {
          if ((await lookAt(items, itemName(index))) === undefined) continue; // it has its place
          const folder = `${stagingPath(ground, id)}/${ITEMS.toString()}/${String(index)}`;
          const place = placeOf({ ...item, path: Buffer.from(item.path, 'hex') });
          if (item.expected.entries > 0)
            await within(openEntry(items, itemName(index)), (open) =>
              fetchItem({ setting, mirror, files, index, place, kind: item.kind, folder, open }),
            );
          await putIntoTree({ staging, items, index, onStep: setting.onStep }, item);
        }
      });
    }),
  );
  if (ground.volume !== undefined) await setting.requireVolume(ground.volume);
  await setting.onStep('fetched');
  return writeRestore(setting.state, record, { step: 'fetched' });
}

/** All of them at once: a folder that is missing later has its place. False if they were there. */
async function makeItems(
  staging: FileHandle,
  count: number,
  onStep: RestoreContext['onStep'],
): Promise<boolean> {
  if ((await lookAt(staging, ITEMS)) !== undefined) return false;
  const making = Buffer.from('items.new');
  await makeFolder(staging, making);
  await within(openEntry(staging, making), async (items) => {
    for (let index = 0; index < count; index += 1) await makeFolder(items, itemName(index), 0o755);
  });
  await makeFolder(staging, Buffer.from(TREE));
  await rename(entryPath(staging, making), entryPath(staging, ITEMS));
  await onStep('items-made');
  return true;
}

async function makeFolder(folder: FileHandle, name: Buffer, mode = 0o700): Promise<void> {
  await mkdir(entryPath(folder, name), { mode }).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
}

interface Fetching {
  setting: RestoreSetting;
  mirror: FoundMirror;
  files: MirrorRestoreFiles;
  index: number;
  place: string;
  kind: 'folder' | 'file';
  /** Absolute, and open. */
  folder: string;
  open: FileHandle;
}

async function fetchItem(fetching: Fetching): Promise<void> {
  const { mirror, files, index } = fetching;
  const names = new NameList(files.names(index));
  for await (const { name } of listedFiles(files.listing(index))) names.add(name);
  names.close();
  await copy(fetching, mirror);
  const wrong = await wrongIn(fetching, mirror);
  if (wrong.length > 0) await fetchAgain(fetching, mirror, wrong);
}

/** Only what changed since it was listed can be had as it was then. */
async function fetchAgain(fetching: Fetching, mirror: FoundMirror, wrong: readonly string[]): Promise<void> {
  const { setting, files, index, open } = fetching;
  const { remote, versionAt, source } = mirror;
  const asListed = keepsVersions(remote) ? { ...mirror, versionAt: versionAt ?? source.at } : mirror;
  for (const name of wrong) await drop(open, name);
  writeNames(files.names(index), wrong);
  const said = await copy(fetching, asListed);
  const still = await wrongIn(fetching, asListed);
  if (still.length > 0) throw notAsListed(remote.name, still, said);
  setting.signal.throwIfAborted();
}

/** Fetches what is named; what is there with size and time stays. Resolves to what went wrong with single files. */
async function copy(
  { setting: { signal, tell }, files, index, place, kind, folder }: Fetching,
  { remote, versionAt }: FoundMirror,
): Promise<string | undefined> {
  let said: string | undefined;
  await runRclone(remote, {
    args: [
      // By name where it is one file: its folder may hold many others.
      ...['copy', kind === 'file' ? '--no-traverse' : '--fast-list', ...versionOptions(versionAt)],
      ...['--files-from-raw', files.names(index), below(remote.root, place), folder],
    ],
    ...{ locked: false, links: false, signal },
    environment: linksAsFiles(remote),
    onProgress: (progress) => {
      tell({ phase: 'restore', ...progress });
    },
    onProblem: ({ message }) => {
      said ??= message;
    },
    onWaiting: (waiting) => {
      tell({ phase: 'restore', waiting });
    },
  });
  return said;
}

/** What in staging is not as the listing says; what is there and not in the listing goes. */
async function wrongIn(fetching: Fetching, mirror: FoundMirror): Promise<string[]> {
  const { setting, files, index, place, folder, open } = fetching;
  const { signal, tell } = setting;
  tell({ phase: 'verify' });
  await listPlace(localFolder(mirror.remote), {
    ...{ place: '.', directory: folder, file: files.staged(index), signal, args: [] },
  });
  const found = await compareListings(files.listing(index), files.staged(index), files.names(index));
  for (const name of found.strays) await drop(open, name);
  if (found.unsure === 0) return found.wrong;
  const unequal = await compareContents({ mirror, files, index, place, staging: folder, signal });
  return [...found.wrong, ...unequal];
}

/** A folder of this machine, as a remote. */
const localFolder = ({ rclone }: RcloneRemote): RcloneRemote => ({
  ...{ name: 'staging', type: 'local', rclone, root: '.', lock: '' },
  environment: { RCLONE_CONFIG: '/dev/null' },
});

function writeNames(file: string, names: readonly string[]): void {
  const list = new NameList(file);
  for (const name of names) list.add(name);
  list.close();
}

async function drop(folder: FileHandle, name: string): Promise<void> {
  const names = namesOf(Buffer.from(pathOfRcloneName(textOf(name))));
  const last = names.pop() ?? Buffer.alloc(0);
  try {
    await within(openBelow(folder, names, 'staging'), async (parent) => {
      const entry = await lookAt(parent, last);
      if (entry) await dropEntry({ folder: parent, name: last }, entry);
    });
  } catch (error) {
    if (!(error instanceof FtsError && error.type === 'PathMissing')) throw error;
  }
}

/** Gives what was fetched whole its place in the tree, by a rename of what is in staging. */
async function putIntoTree(
  { staging, items, index, onStep }: Placing,
  { path, kind }: { path: string; kind: 'folder' | 'file' },
): Promise<void> {
  const names = namesOf(Buffer.from(path, 'hex'));
  const from = entryPath(items, itemName(index));
  const last = names.pop();
  if (last === undefined)
    await rename(from, entryPath(staging, Buffer.from(TREE))); // which is empty
  else
    await within(
      openBelow(staging, [Buffer.from(TREE), ...names], 'staging', { make: true }),
      async (parent) => {
        if (kind === 'folder') return rename(from, entryPath(parent, last));
        await within(openEntry(items, itemName(index)), async (item) => {
          for (const name of [last, Buffer.concat([last, Buffer.from(LINK)])])
            if ((await lookAt(item, name)) !== undefined)
              await rename(entryPath(item, name), entryPath(parent, name));
        });
        await onStep('item-moved');
        await rmdir(from);
      },
    );
  await onStep('item-placed');
}

interface Placing {
  staging: FileHandle;
  items: FileHandle;
  index: number;
  onStep: RestoreContext['onStep'];
}
