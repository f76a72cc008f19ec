import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { onTestFinished } from 'vitest';
import { writeMirrorMetadata } from '../../src/adapters/mirror/metadata.js';
import type { RestorePlan, RestoreRequest, RestoreResult } from '../../src/domain/restore.js';
import { BUCKET, MIRROR, rclone, remoteEnvironment, testStandIn } from '../b2-stand-in/stand-in.js';
import { MANIFEST } from './mirror-b2-bed.js';
import { makeResticEstate } from './restic-estate.js';
import { type RestoreRun, restoreSteps } from './restore-steps.js';
import { treeOf } from './tree.js';

type Asked = Partial<Omit<RestoreRequest, 'estate'>>;

const isOwn = (name: string): boolean => name.startsWith('.fts');

/** A volume `space` with projects/thesis, and the mirror that plain rclone makes of it, on a stand-in for B2 or a disk. */
export async function mirrorRestoreBed(type: 'b2' | 'local' = 'b2', jobs: Record<string, unknown> = {}) {
  const standIn = await testStandIn();
  const disk = join(standIn.directory, '..', 'disk');
  const declared =
    type === 'local'
      ? { type, path: disk }
      : {
          ...{ type, path: `${BUCKET}/mirror`, options: { endpoint: standIn.endpoint } },
          secrets: { account: 'b2-id', key: 'b2-key' },
        };
  const estate = await makeResticEstate({
    // A repository on space would be in the way of restoring all of it.
    repositories: { local: { host: 'here', url: 'rest:http://127.0.0.1:9/', password: 'password' } },
    remotes: { cloud: declared },
    jobs: { mirror: { kind: 'mirror', volume: 'space', remote: 'cloud' }, ...jobs },
  });
  onTestFinished(() => estate.remove());
  const secrets = { password: 'canary', 'b2-id': MIRROR.id, 'b2-key': MIRROR.key };
  await writeFile(estate.secrets, stringify(secrets), { mode: 0o600 });
  const { space } = estate;
  const root = type === 'local' ? disk : `b2:${BUCKET}/mirror`;
  const thesis = join(space, 'projects', 'thesis');
  let ids = 0;
  const requestOf = (asked: Asked = {}): RestoreRequest => {
    ids += 1;
    return {
      ...{ estate: 'testbed', id: `test-${String(ids)}`, paths: ['space/projects/thesis'] },
      target: { kind: 'beside' },
      ...asked,
    };
  };
  const write = async (contents: Record<string, string>): Promise<void> => {
    for (const [name, content] of Object.entries(contents)) {
      await mkdir(dirname(join(space, name)), { recursive: true });
      await writeFile(join(space, name), content);
    }
  };
  await write({
    'projects/thesis/notes': 'first thoughts',
    'projects/thesis/deep/er/data': 'data '.repeat(1000),
  });
  const plain = async (...args: string[]): Promise<string> => {
    const { exitCode, stderr, stdout } = await rclone(standIn, args);
    if (exitCode !== 0) throw new Error(String(stderr));
    return String(stdout);
  };

  return {
    ...estate,
    ...{ standIn, disk, root, thesis, requestOf, write, plain },
    /** The stand-in, and rclone's environment for it. */
    environment: remoteEnvironment(standIn.endpoint, MIRROR),
    /** Makes the mirror what the volume is, with plain rclone. */
    sync: async (...args: string[]): Promise<void> => {
      const left = ['--filter', '- /.fts*', '--filter', '- /.fts*/**'];
      const source = `:local,encoding=Raw:${space}`;
      await plain('sync', '--links', '--no-unicode-normalization', ...left, ...args, source, root);
    },
    /** Brings the metadata manifest of the volume to the mirror. */
    describe: async (): Promise<void> => {
      const file = join(estate.folder, 'manifest.gz');
      await writeMirrorMetadata({ root: space, file, exclude: [], repositories: [] });
      await plain('copyto', '--ignore-times', file, `${root}/${MANIFEST}`);
    },
    plan: async (asked: Asked = {}, run: RestoreRun = {}): Promise<RestorePlan> =>
      (await restoreSteps(estate, run)).plan(requestOf(asked)),
    /** All steps of a restore. Goes on with one whose `id` is given. */
    restore: async (asked: Asked = {}, run: RestoreRun = {}): Promise<RestoreResult> =>
      (await restoreSteps(estate, run)).restore(requestOf(asked)),
    /** What is in space, but for the product's own. */
    live: (): Promise<Record<string, string>> => treeOf(space, isOwn),
    /** Removes all that is in space and the user's. */
    lose: async (): Promise<void> => {
      for (const name of await readdir(space))
        if (!isOwn(name)) await rm(join(space, name), { recursive: true, force: true });
    },
    /** What restores have in staging on space, and files beside their records. */
    left: async (): Promise<string[]> => [
      ...(await readdir(join(space, '.fts', 'restores')).catch(() => [])),
      ...(await readdir(estate.state.path('restores')).catch(() => [])).filter(
        (name) => !/\.(json|lock)$/.test(name),
      ),
    ],
  };
}
export type MirrorRestoreBed = Awaited<ReturnType<typeof mirrorRestoreBed>>;

/** The time of the stand-in and of this machine, once later ones are different. */
export async function moment(): Promise<string> {
  await execa('sleep', ['0.02']);
  const now = new Date().toISOString();
  await execa('sleep', ['0.02']);
  return now;
}
