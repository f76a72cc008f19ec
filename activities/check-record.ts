import { z } from 'zod';
import type { State } from '../src/adapters/state.js';
import { type Readings, type Subset, GROUPS, UNREAD, readBy } from '../src/domain/check.js';
import { FtsError } from '../src/domain/failures.js';
import { readSeen } from './seen-repository.js';

const SubsetSchema: z.ZodType<Subset> = z.object({ part: z.number().int(), of: z.number().int() });

/**
 * What a host remembers of checking one place: which groups were read when, and errors that were met and not mended
 * since. Replaced as a whole, after a part was read: a run that broke off leaves it as it was, and its part comes again.
 */
const CheckRecord = z.object({
  /** Of what was read: another repository, or another place, begins anew. */
  id: z.string(),
  readings: z.array(z.iso.datetime().nullable()).length(GROUPS),
  trouble: z
    .object({
      at: z.iso.datetime(),
      /** Is read again until nothing is wrong with it. */
      subset: SubsetSchema,
      /** Met while nothing else could be at work: nothing is forgotten or pruned. */
      confirmed: z.boolean(),
      errors: z.number(),
    })
    .optional(),
});
export type CheckRecord = Omit<z.infer<typeof CheckRecord>, 'readings'> & { readings: Readings };

export const repositoryCheckFile = (repository: string): string => `checks/repository-${repository}.json`;
export const mirrorCheckFile = (remote: string): string => `checks/remote-${remote}.json`;

/** The record of that very place; an empty one before the first check. */
export async function readCheckRecord(
  state: Pick<State, 'read'>,
  file: string,
  id: string | undefined,
): Promise<Pick<CheckRecord, 'readings' | 'trouble'>> {
  const record = await state.read(file, CheckRecord);
  if (record?.id !== id || record === undefined) return { readings: UNREAD };
  return { ...record, readings: readBy(record.readings, new Date()) };
}

export const writeCheckRecord = (
  state: Pick<State, 'write'>,
  file: string,
  record: CheckRecord,
): Promise<void> => state.write(file, record);

/** Fails with `RepositoryDamaged` where a check found errors and none has passed since. */
export async function requireNoErrors(state: Pick<State, 'read'>, repository: string): Promise<void> {
  const seen = await readSeen(state, repository);
  const { trouble } = await readCheckRecord(state, repositoryCheckFile(repository), seen?.id);
  if (trouble?.confirmed !== true) return;
  throw new FtsError(
    'RepositoryDamaged',
    `the check of ${trouble.at} found ${String(trouble.errors)} errors in repository ${repository}: nothing is forgotten or pruned in it`,
    'mend the repository as the failed check says, then run the check again; new snapshots are taken meanwhile',
  );
}
