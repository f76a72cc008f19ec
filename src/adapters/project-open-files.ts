import { type FileHandle, readFile, readdir, readlink } from 'node:fs/promises';
import { type Mount, mountOf, parseMountinfo } from './mountinfo.js';
import { handedPath } from './project-tool.js';

/** Where something is on its filesystem, whatever names mounts give it. Bytes as latin1. */
interface Spot {
  device: string;
  path: string;
}

/**
 * Who has something in the folder open or mapped into memory, or stands in it: `process 4242`; undefined if nobody
 * does, as far as this user may see (root: everybody). Seen through bind mounts and in containers too.
 */
export async function whoUses(folder: FileHandle): Promise<string | undefined> {
  const own = await mountsOf('self');
  const wanted = spotOf(own, (await handedPath(folder)).toString('latin1'));
  if (wanted === undefined) return undefined;
  const namespaces = new Map<string, Mount[]>();
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const paths = await pathsOf(pid);
    if (paths.length === 0) continue;
    const namespace = await readlink(`/proc/${pid}/ns/mnt`).catch(() => '');
    const mounts = namespaces.get(namespace) ?? (namespace === '' ? own : await mountsOf(pid, own));
    namespaces.set(namespace, mounts);
    if (paths.some((path) => liesIn(spotOf(mounts, path), wanted))) return `process ${pid}`;
  }
  return undefined;
}

/** What a process has open, mapped, or stands in, by names in its mount namespace. */
async function pathsOf(pid: string): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = [`/proc/${pid}/cwd`, ...descriptors.map((fd) => `/proc/${pid}/fd/${fd}`)];
  const targets = await Promise.all(links.map((link) => readlink(link, 'latin1').catch(() => ''))); // it ended, or is not ours
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1').catch(() => '');
  const mapped = maps.split('\n').flatMap((line) => MAPPED.exec(line)?.[1] ?? []);
  return [...new Set([...targets, ...mapped])].filter((path) => path.startsWith('/'));
}

/** `7f12-7f13 rw-s 00000000 fe:00 131 /flux/active/film/reel` (proc(5)) */
const MAPPED = /^(?:\S+ +){5}(\/.*)$/;

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

const liesIn = (spot: Spot | undefined, folder: Spot): boolean =>
  spot?.device === folder.device && `${spot.path}/`.startsWith(`${folder.path}/`);
