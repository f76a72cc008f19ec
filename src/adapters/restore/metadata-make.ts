import { type FileHandle, link, mkdir, rename, rm } from 'node:fs/promises';
import { LINK } from '../../domain/mirror-filter.js';
import { haveSameContent } from '../equal-entry.js';
import { type Entry, entryPath, lookAt } from '../folder-entry.js';
import { HANDED, runProjectTool } from '../project/tool.js';
import { isSame } from '../put-entry.js';
import type { RestoreContext } from './context.js';
import type { Metadata } from './metadata.js';
import { Parents } from './metadata-parents.js';

/** What could not be made as it was. */
export interface Unmade {
  devices: number;
  sockets: number;
  /** Files and links that the remote does not have. */
  files: number;
}

/** Where, beside the tree, a hard link is made before it takes its place. */
const LINKING = Buffer.from('../linking');

/**
 * Makes what a mirror cannot hold, from the manifest: folders, FIFOs, as root devices, and other names of one file where the
 * contents are the same. Safe to repeat: what is there stays.
 */
export async function makeMissing(
  tree: FileHandle,
  blocks: AsyncIterable<readonly Metadata[]>,
  context: Pick<RestoreContext, 'signal' | 'onStep'>,
): Promise<Unmade> {
  const { signal } = context;
  const unmade: Unmade = { devices: 0, sockets: 0, files: 0 };
  const asRoot = process.getuid?.() === 0;
  const parents = new Parents(tree);
  const firsts = new Parents(tree);
  try {
    for await (const entries of blocks) {
      const fifos: Buffer[] = [];
      const devices: Buffer[] = [];
      for (const entry of entries) {
        signal.throwIfAborted();
        const place = entry.path.length > 0 ? await parents.of(entry.path) : undefined;
        if (!place) continue;
        const there = await lookAt(place.folder, place.name);
        if (!there && (await isLost(entry, place))) unmade.files += 1;
        if (entry.type === 'folder' && !there) await makeFolder(place);
        else if (entry.type === 'fifo' && !there) fifos.push(handed(entry.path));
        else if (entry.type === 'socket' && !there) unmade.sockets += 1;
        else if (entry.type === 'device' && !there && asRoot && entry.device !== undefined)
          devices.push(handed(entry.path), ...entry.device.split(/[ :]/).map((part) => Buffer.from(part)));
        else if (entry.type === 'device' && !there) unmade.devices += 1;
        else if (
          entry.type === 'file' &&
          there?.isFile() &&
          entry.hardLink &&
          !entry.hardLink.equals(entry.path)
        )
          await linkTo(tree, await firsts.of(entry.hardLink), { ...place, there }, context);
      }
      await withEach(tree, ['-n', '50', 'mkfifo', '-m', '600', '--'], fifos);
      await withEach(tree, ['-n', '4', 'mknod', '-m', '600', '--'], devices);
    }
  } finally {
    await parents.close();
    await firsts.close();
  }
  return unmade;
}

/** Whether something that a mirror can hold is in the manifest only. */
async function isLost({ type, omitted }: Metadata, { folder, name }: Place): Promise<boolean> {
  if (omitted !== undefined || (type !== 'file' && type !== 'link')) return false;
  return type === 'file' || (await lookAt(folder, Buffer.concat([name, Buffer.from(LINK)]))) === undefined;
}

type Place = NonNullable<Awaited<ReturnType<Parents['of']>>>;

/** A link that is still the file that holds it is no folder, whatever a manifest of another time says. */
async function makeFolder({ folder, name }: Place): Promise<void> {
  if ((await lookAt(folder, Buffer.concat([name, Buffer.from(LINK)]))) !== undefined) return;
  await mkdir(entryPath(folder, name), { mode: 0o700 });
}

async function linkTo(
  tree: FileHandle,
  first: Place | undefined,
  { there, ...place }: Place & { there: Entry },
  { signal, onStep }: Pick<RestoreContext, 'signal' | 'onStep'>,
): Promise<void> {
  const one = first && (await lookAt(first.folder, first.name));
  if (!first || !one?.isFile() || isSame(one, there) || one.size !== there.size) return;
  if (!(await haveSameContent(first, place, signal))) return;
  const linking = entryPath(tree, LINKING);
  await rm(linking, { force: true });
  await link(entryPath(first.folder, first.name), linking);
  await onStep('hard-linked');
  await rename(linking, entryPath(place.folder, place.name));
}

/** The path for a tool that the tree is handed to. */
export const handed = (path: Buffer): Buffer => Buffer.concat([Buffer.from(`${HANDED}/`), path]);

/** Runs a tool on arguments that need not be UTF-8. */
export async function withEach(
  tree: FileHandle,
  args: readonly string[],
  given: readonly Buffer[],
): Promise<void> {
  if (given.length === 0) return;
  const input = Buffer.concat(given.flatMap((one) => [one, Buffer.alloc(1)]));
  await runProjectTool({ file: 'xargs', args: ['-0', ...args], folder: tree, input });
}
