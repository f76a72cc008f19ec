import { readdir, readlink } from 'node:fs/promises';

/**
 * Who has something in the folder open or stands in it: `process 4242`; undefined if nobody does, as far as this user
 * may see (root: everybody). Looks at names, so that a process in another mount namespace goes unseen.
 */
export async function whoUses(folder: Buffer): Promise<string | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    if (await usesAny(pid, folder)) return `process ${pid}`;
  }
  return undefined;
}

async function usesAny(pid: string, folder: Buffer): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const link of [`/proc/${pid}/cwd`, ...descriptors.map((fd) => `/proc/${pid}/fd/${fd}`)]) {
    const target = await readlink(link, { encoding: 'buffer' }).catch(() => undefined); // it ended, or is not ours
    if (target?.subarray(0, folder.length).equals(folder) !== true) continue;
    if (target.length === folder.length || target[folder.length] === SLASH) return true;
  }
  return false;
}

const SLASH = 0x2f;
