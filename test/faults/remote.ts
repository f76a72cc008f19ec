import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTied } from '../../src/adapters/tied-process.js';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import type { CallCounts } from '../../src/b2-stand-in/operations.js';
import type { FileVersion } from '../../src/b2-stand-in/records.js';
import type { CleanUp } from './clean-up.js';
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
  /** Known from its start on. */
  readonly endpoint: string;
  id(): ProcessId | undefined;
  start(): Promise<void>;
  trouble(trouble: RemoteTrouble): Promise<void>;
  /** Requests answered so far. */
  calls(): Promise<number>;
  versions(): Promise<FileVersion[]>;
}

export async function makeRemote(folder: string, cleanUp: CleanUp): Promise<Remote> {
  await mkdir(folder);
  let endpoint = '';
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
  const id = (): ProcessId | undefined => (child?.pid === undefined ? undefined : identify(child.pid));
  return {
    get endpoint() {
      return endpoint;
    },
    id,
    start: async () => {
      const place = ['--directory', join(folder, 'b2'), '--keys', keys, '--bucket', BUCKET];
      child = startTied(process.execPath, [program('src/b2-stand-in/main.js'), ...place, '--control'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        deathSignal: 'KILL',
      });
      const started = id();
      if (started) cleanUp.process(started);
      if (!child.stdout) throw new Error('the remote has no output');
      const lines = createInterface(child.stdout);
      const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
      if (line === undefined) throw new Error('the remote does not start');
      ({ endpoint } = JSON.parse(line) as { endpoint: string });
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
