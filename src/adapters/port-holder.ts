import { readFile, readdir, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isErrno } from './state.js';

const LISTEN = '0A';

/** How much of a port holder's command line is shown (characters). */
const SHOWN_COMMAND = 120;

/** Who listens on a port. */
export interface PortHolder {
  pid: number;
  /** Its command line. */
  command: string;
}

/** Whether this process could listen on the port of that address now. */
export async function isPortFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      if (isErrno(error, 'EADDRINUSE')) resolve(false);
      else reject(error);
    });
    probe.listen({ port, host: address, exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}

/** The process that listens on a TCP port; undefined where that cannot be seen (another user's, or not Linux). */
export async function portHolder(port: number): Promise<PortHolder | undefined> {
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const inode of listeningInodes(await readOr(table, ''), port)) sockets.add(`socket:[${inode}]`);
  }
  if (sockets.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/.test(entry) && (await holdsOne(entry, sockets))) {
      const command = (await readOr(`/proc/${entry}/cmdline`, '')).replaceAll('\0', ' ').trim();
      return { pid: Number(entry), command };
    }
  }
  return undefined;
}

/** Who listens on a port, for people: `process 4711 (smbd --foreground)`. */
export async function whoHolds(port: number): Promise<string> {
  const holder = await portHolder(port);
  if (holder === undefined) return "a process that cannot be seen without its owner's permission";
  const { pid, command } = holder;
  const short = command.length <= SHOWN_COMMAND ? command : `${command.slice(0, SHOWN_COMMAND - 1)}…`;
  return `process ${String(pid)} (${short})`;
}

/** A row of the table: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`; ports are hexadecimal. */
function* listeningInodes(table: string, port: number): Generator<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const row of table.split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    if (local?.endsWith(suffix) && state === LISTEN && inode !== undefined) yield inode;
  }
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  let descriptors: string[];
  try {
    descriptors = await readdir(folder);
  } catch {
    return false; // another user's, or gone meanwhile
  }
  for (const descriptor of descriptors) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
    if (sockets.has(target)) return true;
  }
  return false;
}

const readOr = (file: string, otherwise: string): Promise<string> =>
  readFile(file, 'utf8').catch(() => otherwise);
