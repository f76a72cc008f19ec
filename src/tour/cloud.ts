import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isPortFree, whoHolds } from '../adapters/port-holder.js';
import { startTied } from '../adapters/tied-process.js';
import { BUCKETS } from './estate-text.js';
import type { B2Key, Sandbox } from './sandbox.js';
import { shown } from './telling.js';

const MAIN = join(import.meta.dirname, '..', 'b2-stand-in', 'main.js');

/** The sandbox's cloud: a server on loopback that answers as Backblaze B2 does and keeps its files in the sandbox. */
export interface Cloud {
  endpoint: string;
  pid: number | undefined;
  /** Rejects when it ends before it is told to. */
  failed: Promise<never>;
  stop: () => Promise<void>;
}

/** Starts it where the sandbox's estate looks for it. It does not outlive this process. */
export async function startCloud({ cloud, estateFile }: Sandbox, program = MAIN): Promise<Cloud> {
  const { directory, port } = cloud;
  if (!(await isPortFree(port, '127.0.0.1'))) {
    const where = `change the port in ${shown(estateFile)}`;
    throw new Error(
      `port ${String(port)}, of the sandbox's cloud, is held by ${await whoHolds(port)}; end that, or ${where}`,
    );
  }
  await mkdir(directory, { recursive: true });
  const keys = join(directory, 'keys.json');
  await writeFile(keys, JSON.stringify([keyOfBackups(cloud.backups), keyOfMirror(cloud.mirror)]), {
    mode: 0o600,
  });

  const options = ['--directory', directory, '--port', String(port), '--keys', keys];
  const buckets = Object.values(BUCKETS).flatMap((bucket) => ['--bucket', bucket]);
  // In a group of its own: Ctrl-C is for the tour, which ends it last.
  const server = startTied(process.execPath, [program, ...options, ...buckets], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ownGroup: true,
  });
  const ended = once(server, 'exit');
  const failed = ended.then(([code]): never => {
    throw new Error(`the sandbox's cloud ended by itself (exit code ${String(code)}); what it said is above`);
  });
  failed.catch(() => undefined); // whoever waits hears of it
  if (server.stdout) await Promise.race([once(server.stdout, 'data'), failed]);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    pid: server.pid,
    failed,
    stop: async () => {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** restic deletes for good what it no longer needs, its locks to begin with. */
const keyOfBackups = ({ id, key }: B2Key) => ({
  id,
  key,
  capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles', 'deleteFiles'],
  bucket: BUCKETS.backups,
});

/** What a mirror deletes is hidden, and a rule of the bucket removes it later: its key destroys nothing. */
const keyOfMirror = ({ id, key }: B2Key) => ({
  id,
  key,
  capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'],
  bucket: BUCKETS.mirror,
});
