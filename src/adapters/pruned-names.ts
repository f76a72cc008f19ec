import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isErrno, type State } from './state.js';

/** Folders of a restic repository out of which a prune removes files. */
const PRUNED_FOLDERS = ['data', 'index'];

/** So many names are remembered of one repository; of older ones nothing is known any more. */
const MOST = 200_000;

/** Names are relative to the repository; restic gives none a second time. */
const Pruned = z.object({
  names: z.array(z.string()),
  /** What was there when a prune began that is not settled. */
  before: z.array(z.string()).exactOptional(),
});

const recordFile = (repository: string): string => `repositories/${repository}.pruned.json`;

type Records = Pick<State, 'readRenewable' | 'write'>;

/**
 * What the prunes of this host removed from its repositories, so that a mirror can tell it from what was lost. If the
 * process dies between `begin` and `settle`, what was there is still known; `settle` after a check that found the
 * repository whole tells the difference then.
 */
export const prunedNames = (state: Records) => ({
  /** Writes down what a prune may remove. */
  begin: async (repository: string, folder: string): Promise<void> => {
    const names = await namesPruned(state, repository);
    const before = await namesBelow(folder);
    await state.write(recordFile(repository), { names, before } satisfies z.infer<typeof Pruned>);
  },

  /** Writes down what of it has gone, after a prune, or a check that found all well. Safe to repeat. */
  settle: async (repository: string, folder: string): Promise<void> => {
    const record = await state.readRenewable(recordFile(repository), Pruned);
    if (record?.before === undefined) return;
    const now = new Set(await namesBelow(folder));
    const gone = record.before.filter((name) => !now.has(name));
    const names = [...record.names, ...gone].slice(-MOST);
    await state.write(recordFile(repository), { names } satisfies z.infer<typeof Pruned>);
  },
});
export type PrunedNames = ReturnType<typeof prunedNames>;

/** What prunes removed from a repository, relative to it; none where nothing is known. */
export const namesPruned = async (
  state: Pick<State, 'readRenewable'>,
  repository: string,
): Promise<string[]> => (await state.readRenewable(recordFile(repository), Pruned))?.names ?? [];

async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const top of PRUNED_FOLDERS) {
    for (const entry of await entriesOf(join(folder, top))) {
      if (entry.isFile()) names.push(`${top}/${entry.name}`);
      if (!entry.isDirectory()) continue;
      for (const file of await entriesOf(join(folder, top, entry.name)))
        if (file.isFile()) names.push(`${top}/${entry.name}/${file.name}`);
    }
  }
  return names;
}

/** A folder that is not there has none; what cannot be looked into makes it fail. */
async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
