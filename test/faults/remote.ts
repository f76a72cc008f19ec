import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTied } from '../../src/adapters/tied-process.js';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import type { CallCounts } from '../../src/b2-stand-in/operations.js';
import type { FileVersion } from '../../src/b2-stand-in/records.js';
import { freePort } from '../support/temporal-server.js';
import { identify, type ProcessId } from './processes.js';
import { program } from './programs.js';

export const BUCKET = 'fts-faults';
const CAPABILITIES = ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'] as const;

/** restic needs to delete its locks; a mirror gets no key that can. */
export const RESTIC_KEY: ApplicationKey = {
  id: 'restic-id',
  key: 'restic-secret',
  capabilities: [...CAPABILITIES, 'deleteFiles'],
  bucket: BUCKET,
};
export const MIRROR_KEY: ApplicationKey = {
  id: 'mirror-id',
  key: 'mirror-secret',
  capabilities: [...CAPABILITIES],
  bucket: BUCKET,
};

/** What goes wrong at a remote, as the stand-in's control interface takes it. */
export interface RemoteTrouble {
  operation?: string;
  answer: 'reset' | 'hang' | { status: number; code: string; retryAfter?: number };
  times: number;
  moment?: 'before' | 'after';
}

/** Backblaze B2 as a process of its own. */
export interface Remote {
  endpoint: string;
  id(): ProcessId | undefined;
  start(): Promise<void>;
  kill(): Promise<void>;
  trouble(trouble: RemoteTrouble): Promise<void>;
  /** Requests answered so far. */
  calls(): Promise<number>;
  versions(): Promise<FileVersion[]>;
}

export async function makeRemote(folder: string): Promise<Remote> {
  await mkdir(folder);
  const port = String(await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const keys = join(folder, 'keys.json');
  await writeFile(keys, JSON.stringify([RESTIC_KEY, MIRROR_KEY]));
  let child: ReturnType<typeof startTied> | undefined;
  const ask = async (what: string, parameters: unknown = {}): Promise<unknown> => {
    const answer = await fetch(`${endpoint}/control/${what}`, {
      method: 'POST',
      body: JSON.stringify(parameters),
    });
    if (!answer.ok) throw new Error(`${what}: ${String(answer.status)} ${await answer.text()}`);
    return answer.json();
  };
  return {
    endpoint,
    id: () => (child?.pid === undefined ? undefined : identify(child.pid)),
    start: async () => {
      const place = ['--directory', join(folder, 'b2'), '--port', port, '--keys', keys, '--bucket', BUCKET];
      child = startTied(process.execPath, [program('src/b2-stand-in/main.js'), ...place, '--control'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        deathSignal: 'KILL',
      });
      if (child.stdout) await once(createInterface(child.stdout), 'line');
    },
    kill: async () => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    trouble: async (trouble) => {
      await ask('faults', trouble);
    },
    calls: async () => {
      const { A, B, C } = (await ask('calls')) as CallCounts;
      return A + B + C;
    },
    versions: async () =>
      ((await ask('versions', { bucket: BUCKET })) as { versions: FileVersion[] }).versions,
  };
}
