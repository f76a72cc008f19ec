import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RestorePlan, RestoreRequest, RestoreResult } from '../../src/domain/restore.js';
import { makeResticEstate } from './restic-estate.js';
import { type RestoreRun, restoreSteps } from './restore-steps.js';
import { treeOf } from './tree.js';

type Asked = Partial<Omit<RestoreRequest, 'estate'>>;

const isOwn = (name: string): boolean => name.startsWith('.fts');

/**
 * An estate of flux and space whose repository `local` plain restic made, with flux/active/thesis (two files and folders),
 * and the restores of its host.
 */
export async function makeRestoreEstate(sections: Parameters<typeof makeResticEstate>[0] = {}) {
  const estate = await makeResticEstate(sections);
  const { flux } = estate;
  const thesis = join(flux, 'active', 'thesis');
  await mkdir(join(thesis, 'deep', 'er'), { recursive: true });
  await writeFile(join(thesis, 'notes'), 'first thoughts');
  await writeFile(join(thesis, 'deep', 'er', 'data'), 'data '.repeat(1000));
  await estate.makeRepository();
  let ids = 0;
  const requestOf = (asked: Asked = {}): RestoreRequest => {
    ids += 1;
    return {
      ...{ estate: 'testbed', id: `test-${String(ids)}`, paths: ['flux/active/thesis'] },
      target: { kind: 'beside' },
      ...asked,
    };
  };
  const original = join(estate.folder, 'original');

  return {
    ...estate,
    ...{ thesis, requestOf },
    /** A snapshot of flux, or of what is given, by plain restic; its id. */
    backup: async (...args: string[]): Promise<string> => {
      const said = await estate.restic('backup', '--json', ...(args.length === 0 ? [flux] : args));
      const { snapshot_id } = JSON.parse(said.split('\n').at(-1) ?? '') as { snapshot_id: string };
      return snapshot_id;
    },
    /** Remembers what is in flux, for `reset`. */
    remember: async (): Promise<void> => {
      await execa('cp', ['-a', flux, original]);
    },
    /** Makes flux what it was, without anything of the product's but the sentinel. */
    reset: async (): Promise<void> => {
      for (const name of await readdir(flux))
        if (name !== '.fts-volume') await rm(join(flux, name), { recursive: true, force: true });
      for (const name of await readdir(original))
        if (!isOwn(name)) await execa('cp', ['-a', '--', join(original, name), join(flux, name)]);
    },
    plan: async (asked: Asked = {}, run: RestoreRun = {}): Promise<RestorePlan> =>
      (await restoreSteps(estate, run)).plan(requestOf(asked)),
    /** All steps of a restore. Goes on with one whose `id` is given. */
    restore: async (asked: Asked = {}, run: RestoreRun = {}): Promise<RestoreResult> =>
      (await restoreSteps(estate, run)).restore(requestOf(asked)),
    discard: async (id: string): Promise<RestoreResult | undefined> =>
      (await restoreSteps(estate)).discard(id),
    /** What is in flux, but for the product's own. */
    live: (): Promise<Record<string, string>> => treeOf(flux, isOwn),
    /** What restores have in staging on flux. */
    staged: (): Promise<string[]> => readdir(join(flux, '.fts', 'restores')).catch(() => []),
  };
}
export type RestoreEstate = Awaited<ReturnType<typeof makeRestoreEstate>>;
