import { type FileHandle, writeFile } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { dropEntry } from '../drop-entry.js';
import { entryPath, lookAt, openEntry, within } from '../folder-entry.js';
import { syncFilesystem } from '../project/copy.js';
import { namesOf } from './beside.js';
import { TREE } from './fetch.js';
import { inOwnFolder, onGround, requireGround, stagingPath } from './ground.js';
import { meantModes, readLoosened } from './loosen.js';
import { type RestoreRecord, writeRestore } from './record.js';
import type { RestoreSetting } from './setting.js';
import { type ScannedEntry, scanTree } from './scan.js';
import { MirrorTally } from './mirror-tally.js';
import { settleFromMirror } from './mirror-settle.js';
import { type TallyResult, TreeTally } from './tally.js';

/** File in staging: when each folder was changed last, before files leave it. */
export const FOLDER_TIMES = 'folders.json';

/**
 * Makes what was fetched durable and compares it with the snapshot's own listing: names, kinds, sizes, modes, owners,
 * times. restic itself has compared the contents. Safe to repeat. Fails with `VerificationFailed`.
 */
export async function verifyRestore(setting: RestoreSetting, record: RestoreRecord): Promise<RestoreRecord> {
  const { ground } = record.target;
  await requireGround(setting, ground);
  setting.tell({ phase: 'verify' });
  const isOfMirror = 'remote' in record.source;
  const { lacking, items } = await onGround(ground, (root) =>
    inOwnFolder(root, ground, { own: 'staging', id: record.id }, async (staging) => {
      const notes = isOfMirror ? await settleFromMirror(setting, record, { root, staging }) : [];
      const modes = meantModes(await readLoosened(staging));
      const found = await within(openEntry(staging, Buffer.from(TREE)), (tree) =>
        lookAtTree(setting, record, { tree, modes }),
      );
      for (const [index, { path, expected }] of record.items.entries())
        requireEqual(printableName(Buffer.from(path, 'hex')).path, expected, found.items[index]);
      await writeFile(entryPath(staging, Buffer.from(FOLDER_TIMES)), JSON.stringify(found.folders), {
        mode: 0o600,
      });
      await setting.onStep('folders-noted');
      return { lacking: notes, items: isOfMirror ? itemsAsFound(record, found.items) : record.items };
    }),
  );
  await syncFilesystem(stagingPath(ground, record.id), setting.signal);
  if (ground.volume !== undefined) await setting.requireVolume(ground.volume);
  await setting.onStep('verified');
  const notes = [...(record.source.notes ?? []), ...lacking];
  const source = { ...record.source, ...(notes.length > 0 && { notes }) };
  return writeRestore(setting.state, record, { step: 'verified', source, items });
}

/** What is restored of a mirror is more than it lists: its manifest tells of FIFOs. */
const itemsAsFound = ({ items }: RestoreRecord, found: readonly TallyResult[]): RestoreRecord['items'] =>
  items.map((item, index) => ({ ...item, expected: found[index] ?? item.expected }));

/** Counts what was fetched of each thing that is asked for, and drops what was not. */
async function lookAtTree(
  { tell, signal }: RestoreSetting,
  { items, target, source, lead }: RestoreRecord,
  { tree, modes }: { tree: FileHandle; modes: ReadonlyMap<string, number> },
) {
  const asRoot = process.getuid?.() === 0;
  const leading = Buffer.from(lead).toString('latin1');
  const isLead = (path: string): boolean => path === leading || leading.startsWith(`${path}/`);
  const sought = items.map((item) => ({
    path: Buffer.from(item.path, 'hex').toString('latin1'),
    tally: 'remote' in source ? new MirrorTally() : new TreeTally(asRoot),
  }));
  const needsFolders = target.kind === 'in-place';
  const folders: [string, string][] = [];
  const strays: Buffer[] = [];
  let files = 0;
  const onEntry = (entry: ScannedEntry): void => {
    const path = entry.bytes.toString('latin1');
    if (isLead(path)) return;
    const item = sought.find(
      (one) => one.path === '' || path === one.path || path.startsWith(`${one.path}/`),
    );
    if (item === undefined) {
      if (!sought.some((one) => one.path.startsWith(`${path}/`))) strays.push(entry.bytes);
      return;
    }
    const mode = entry.kind === 'dir' ? (modes.get(path) ?? entry.mode) : entry.mode;
    item.tally.add({ ...entry, mode });
    if (entry.kind === 'dir' && needsFolders) folders.push([path, String(entry.modifiedNs)]);
    files += 1;
    if (files % 1000 === 0) tell({ phase: 'verify', files });
  };
  await scanTree(tree, onEntry, signal);
  for (const stray of strays) await dropStray(tree, namesOf(stray));
  return { items: sought.map(({ tally }) => tally.result()), folders };
}

/** A pattern for a name that is not UTF-8 may bring others along. */
async function dropStray(tree: FileHandle, names: Buffer[]): Promise<void> {
  const [name = Buffer.alloc(0), ...rest] = names;
  const entry = await lookAt(tree, name);
  if (entry === undefined) return;
  if (rest.length === 0) await dropEntry({ folder: tree, name }, entry);
  else await within(openEntry(tree, name), (folder) => dropStray(folder, rest));
}

function requireEqual(path: string, expected: TallyResult, found: TallyResult | undefined): void {
  const difference = differenceOf(expected, found);
  if (difference === undefined) return;
  throw new FtsError(
    'VerificationFailed',
    `what was restored of ${path || 'the volume'} is not what its source holds: ${difference}`,
  );
}

function differenceOf(expected: TallyResult, found: TallyResult | undefined): string | undefined {
  if (found?.entries !== expected.entries)
    return `${String(found?.entries ?? 0)} entries, and it has ${String(expected.entries)}`;
  if (found.contents !== expected.contents) return 'names, kinds or sizes differ';
  if (expected.attributes !== '' && found.attributes !== expected.attributes)
    return 'modes, owners or times differ';
  return undefined;
}
