import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openEntry, within } from '../folder-entry.js';
import { pathExists } from '../path-exists.js';
import { adoptLive } from './adopt.js';
import { TREE } from './fetch.js';
import { type Metadata, readMetadata } from './metadata.js';
import { applyAttributes } from './metadata-apply.js';
import { makeLinks } from './metadata-links.js';
import { makeMissing } from './metadata-make.js';
import { mirrorRestoreFiles } from './mirror-files.js';
import type { RestoreRecord } from './record.js';
import type { RestoreSetting } from './setting.js';

/**
 * Makes what came from a mirror what it was: links of the files that hold them, and by the metadata manifest all that a mirror
 * does not keep. Safe to repeat. Resolves to what could not be brought back, for people.
 */
export async function settleFromMirror(
  setting: RestoreSetting,
  record: RestoreRecord,
  { root, staging }: { root: FileHandle; staging: FileHandle },
): Promise<string[]> {
  const { signal, state, onStep } = setting;

  const { metadata } = mirrorRestoreFiles(state, record.id);
  const isTold = await pathExists(metadata);
  const wanted = () => wantedIn(readMetadata(metadata), record);
  return within(openEntry(staging, Buffer.from(TREE)), async (tree) => {
    const unmade = isTold ? await makeMissing(tree, wanted(), setting) : NOTHING;
    const links = await makeLinks(tree, setting);
    if (!isTold && record.target.kind === 'in-place') await adoptLive(tree, root, signal);
    const lacking = isTold
      ? await applyAttributes(tree, wanted(), { signal, temporary: dirname(metadata) })
      : { owners: 0, modes: 0, xattrs: 0 };
    await onStep('metadata-applied');
    return [
      ...said(unmade.files, 'files of the metadata manifest are not in the mirror'),
      ...said(
        links,
        'links stay files that end in .rclonelink, as their names are taken or they hold no target',
      ),
      ...said(unmade.devices, 'devices are missing, which only root can make'),
      ...said(unmade.sockets, 'sockets are missing: the programs they belong to make them'),
      ...said(lacking.owners, 'entries belong to the worker: only root gives files to others'),
      ...said(lacking.modes, 'entries have another mode: the worker is not root'),
      ...said(
        lacking.xattrs,
        'entries lack extended attributes: setfattr(1) is missing, or they were refused',
      ),
    ];
  });
}

const NOTHING = { devices: 0, sockets: 0, files: 0 };

const said = (count: number, what: string): string[] => (count === 0 ? [] : [`${String(count)} ${what}`]);

/** Of what the manifest tells, what is asked for. */
async function* wantedIn(
  blocks: AsyncIterable<Metadata[]>,
  { items }: RestoreRecord,
): AsyncGenerator<Metadata[], void, undefined> {
  const asked = items.map(({ path }) => Buffer.from(path, 'hex'));
  for await (const entries of blocks)
    yield entries.filter(({ path }) => asked.some((one) => isAtOrBelow(path, one)));
}

/** Whether a path is a folder, or lies in it; both below one root. */
export const isAtOrBelow = (path: Buffer, folder: Buffer): boolean =>
  folder.length === 0 ||
  (path.subarray(0, folder.length).equals(folder) &&
    (path.length === folder.length || path[folder.length] === 0x2f));
