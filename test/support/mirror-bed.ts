import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { mirrorFiles, noteReleased } from '../../src/adapters/mirror/files.js';
import { type PlanMirrorRequest, planMirror } from '../../src/adapters/mirror/plan.js';
import { type RcloneRemote, identityOf, openRemote } from '../../src/adapters/rclone-remote.js';
import { State } from '../../src/adapters/state.js';
import type { MirrorPlan, UploadClass } from '../../src/domain/mirror.js';
import { loadEstate } from '../../src/estate/load.js';
import { fakeTool } from './fake-tool.js';
import { temporaryFolder } from './temporary-folder.js';

/** A time in the past, so that what is written later is newer; one that Node hands on exactly. */
const EPOCH = new Date('2026-01-02T03:04:05.500Z');

/** Whose mirrors those of the beds are. */
export const OWNER = { estate: 'testbed', host: 'here', volume: 'space' };

/** The lists that a plan consists of, without empty ones. */
export type PlannedNames = Record<string, string[]>;

/** A volume `space`, its remote (a local folder, or what `declaration` says), and the state of its host. */
export async function mirrorBed(declaration?: Record<string, unknown>, secrets: Record<string, string> = {}) {
  const folder = await temporaryFolder();
  const root = join(folder, 'space');
  const copy = join(folder, 'copy');
  const file = join(folder, 'estate.yaml');
  await mkdir(root);
  await writeFile(
    file,
    stringify({
      estate: 'testbed',
      timezone: 'Etc/UTC',
      hosts: { here: { platform: 'linux' } },
      volumes: { space: { host: 'here', mountpoint: root, filesystem: 'directory' } },
      remotes: { copy: declaration ?? { type: 'local', path: copy } },
      secrets: { provider: 'environment' },
    }),
  );
  const state = new State(join(folder, 'state'), 'testbed');
  const remote = await openRemote(await loadEstate(file), 'copy', {
    state,
    secrets: { resolve: (name) => Promise.resolve(secrets[name] ?? '') },
  });
  const files = mirrorFiles(state, 'mirror');
  let runs = 0;

  return {
    ...{ folder, root, copy, state, remote, files },
    /** Writes files into the volume, all of one age. */
    write: async (contents: Record<string, string>): Promise<void> => {
      for (const [name, content] of Object.entries(contents)) await place(join(root, name), content);
    },
    /** Makes the remote equal to the volume, with plain rclone. */
    sync: async (...args: string[]): Promise<void> => {
      await rcloneTo(remote, root, ['sync', '.', remote.root, ...args]);
    },
    /** From now on `script` runs before each rclone; in it `$1` is what rclone is to do. */
    beforeRclone: async (script: string): Promise<void> => {
      remote.rclone = await fakeTool(folder, 'rclone', `${script}\nexec ${remote.rclone} "$@"`);
    },
    /** From now on rclone may read only what anybody may. */
    withoutCapabilities: async (): Promise<void> => {
      remote.rclone = await fakeTool(
        folder,
        'rclone',
        `exec setpriv --bounding-set -all ${remote.rclone} "$@"`,
      );
    },
    /** Carries out what the plan's lists say should go up, class by class. */
    upload: async (kind: UploadClass): Promise<void> => {
      for (const list of [files.new(kind), files.changed(kind)]) {
        await rcloneTo(remote, root, ['copy', '.', remote.root, '--files-from-raw', list]);
      }
    },
    /** As if a run had carried out all that its plan has. */
    released: ({ filter, runId }: Pick<MirrorPlan, 'filter' | 'runId'>): Promise<void> =>
      noteReleased(state, 'mirror', { filter, runId, remote: identityOf(remote) }),
    plan: (request: Partial<PlanMirrorRequest> = {}): Promise<MirrorPlan> =>
      planMirror({
        ...{ job: 'mirror', runId: `run-${String((runs += 1))}`, root, remote, state },
        ...{ signal: new AbortController().signal, guard: () => Promise.resolve() },
        ...{ owner: OWNER, volume: Promise.resolve({ identity: 'the bed' }) },
        ...{ exclude: [], excludePatterns: [], repositories: [], limits: undefined, ...request },
      }),
    /** The names in the lists of the last plan. */
    names: async (): Promise<PlannedNames> => {
      const names: PlannedNames = {};
      for (const kind of [1, 2, 3] as const) {
        names[`new-${String(kind)}`] = await lines(files.new(kind));
        names[`changed-${String(kind)}`] = await lines(files.changed(kind));
        names[`delete-${String(kind)}`] = await lines(files.delete(kind));
      }
      names.touched = await lines(files.touched);
      return Object.fromEntries(Object.entries(names).filter(([, list]) => list.length > 0));
    },
  };
}
export type MirrorBed = Awaited<ReturnType<typeof mirrorBed>>;

async function place(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await utimes(path, EPOCH, EPOCH);
}

/** rclone as the product calls it. */
const rcloneTo = (remote: RcloneRemote, cwd: string, args: readonly string[]) =>
  execa(remote.rclone, [...args, '--links', '--no-unicode-normalization', '--retries', '1'], {
    cwd,
    env: { RCLONE_LOCAL_ENCODING: 'Raw', ...remote.environment },
  });

const lines = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
