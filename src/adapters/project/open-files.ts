import { type FileHandle, readFile, readdir, readlink } from 'node:fs/promises';
import { type Mount, mountOf, parseMountinfo } from '../mountinfo.js';
import { handedPath } from './tool.js';

/** Where something is on its filesystem, whatever names mounts give it. Bytes as latin1. */
interface Spot {
  device: string;
  path: string;
}

/** Who used what in a folder at the moment of a look. */
export interface OpenFiles {
  /** Who has something in that folder below the one that was looked at: `process 4242`; undefined if nobody does. */
  usersOf: (folder: FileHandle) => Promise<string | undefined>;
}

/**
 * Who has something in the folder open or mapped into memory, or stands in it: `process 4242`; undefined if nobody
 * does, as far as this user may see (root: everybody). Seen through bind mounts and in containers too.
 */
export async function whoUses(folder: FileHandle): Promise<string | undefined> {
  return (await openFilesBelow(folder)).usersOf(folder);
}

/** As `whoUses`, in one look for all that is below the folder. */
export async function openFilesBelow(parent: FileHandle): Promise<OpenFiles> {
  const own = await mountsOf('self');
  const looked = spotOf(own, await pathOf(parent));
  const found: { pid: string; spot: Spot }[] = [];
  if (looked === undefined) return { usersOf: () => Promise.resolve(undefined) };
  const namespaces = new Map<string, Namespace>();
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const id = await readlink(`/proc/${pid}/ns/mnt`).catch(() => '');
    const known = namespaces.get(id);
    const mounts = known?.mounts ?? (id === '' ? own : await mountsOf(pid, own));
    const namespace = known ?? { mounts, names: namesOf(looked, mounts) };
    namespaces.set(id, namespace);
    for (const path of await pathsOf(pid, namespace.names)) {
      const spot = spotOf(mounts, path);
      if (spot && liesIn(spot, looked)) found.push({ pid, spot });
    }
  }
  return {
    usersOf: async (folder) => {
      const wanted = spotOf(own, await pathOf(folder));
      const user = wanted && found.find(({ spot }) => liesIn(spot, wanted));
      return user && `process ${user.pid}`;
    },
  };
}

interface Namespace {
  mounts: readonly Mount[];
  names: readonly string[];
}

const pathOf = async (folder: FileHandle): Promise<string> => (await handedPath(folder)).toString('latin1');

/** Every name under which something in the folder may be known there. What has none of them is nothing in it. */
function namesOf(folder: Spot, mounts: readonly Mount[]): string[] {
  return mounts.flatMap(({ device, root, mountpoint }) => {
    if (device !== folder.device) return [];
    const [above, at] = [root === '/' ? '' : root, mountpoint === '/' ? '' : mountpoint];
    if (`${above}/`.startsWith(`${folder.path}/`)) return [mountpoint];
    return `${folder.path}/`.startsWith(`${above}/`) ? [`${at}${folder.path.slice(above.length)}`] : [];
  });
}

/** What a process has open, mapped, or stands in, of all that begins with one of those names. */
async function pathsOf(pid: string, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = [`/proc/${pid}/cwd`, ...descriptors.map((fd) => `/proc/${pid}/fd/${fd}`)];
  const targets = await Promise.all(links.map((link) => readlink(link, 'latin1').catch(() => ''))); // it ended, or is not ours
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1').catch(() => '');
  const isMapped = names.some((name) => maps.includes(escaped(name)));
  const mapped = isMapped ? maps.split('\n').flatMap((line) => MAPPED.exec(line)?.[1] ?? []) : [];
  const paths = [...targets, ...mapped, ...mapped.map(unescaped)];
  return [...new Set(paths)].filter((path) => names.some((name) => path.startsWith(name)));
}

/** `7f12-7f13 rw-s 00000000 fe:00 131 /flux/active/film/reel` (proc(5)) */
const MAPPED = /^(?:\S+ +){5}(\/.*)$/;

/** A newline in a name is written so there, and a backslash as it is: who reads it cannot tell the two apart. */
const escaped = (path: string): string => path.replaceAll('\n', String.raw`\012`);
const unescaped = (path: string): string => path.replaceAll(String.raw`\012`, '\n');

/** Of a process that ended meanwhile: ours, as it holds nothing any more. */
async function mountsOf(pid: string, otherwise: Mount[] = []): Promise<Mount[]> {
  const text = await readFile(`/proc/${pid}/mountinfo`, 'latin1').catch(() => undefined);
  return text === undefined ? otherwise : parseMountinfo(text);
}

function spotOf(mounts: readonly Mount[], path: string): Spot | undefined {
  const mount = mountOf(mounts, path);
  if (mount === undefined) return undefined;
  const below = path.slice(mount.mountpoint === '/' ? 0 : mount.mountpoint.length);
  return { device: mount.device, path: `${mount.root === '/' ? '' : mount.root}${below}` };
}

const liesIn = (spot: Spot, folder: Spot): boolean =>
  spot.device === folder.device && `${spot.path}/`.startsWith(`${folder.path}/`);
