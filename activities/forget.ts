import { z } from 'zod';
import type { State } from '../src/adapters/state.js';
import {
  type Keep,
  type KeepChange,
  type KeepRecord,
  forgetArguments,
  inForceFrom,
  sameKeep,
  waitingSince,
} from '../src/domain/retention.js';
import { RecordedKeeps, keepRecordFile } from '../src/estate/keep-record.js';
import type { Prepared } from './restic-step.js';

const Groups = z.array(
  z.object({
    keep: z.array(z.object({ id: z.string() })).nullable(),
    remove: z.array(z.object({ id: z.string() })).nullable(),
  }),
);

/** Ids of the job's snapshots that a `keep` keeps and removes. */
interface Sorted {
  kept: Set<string>;
  removed: Set<string>;
}

/** Has restic forget what a `keep` does not cover of the job's own snapshots, or only say what that would be. */
export async function forget(
  { host, job, keep, dryRun = false }: { host: string; job: string; keep: Keep; dryRun?: boolean },
  { run, tell }: Pick<Prepared, 'run' | 'tell'>,
): Promise<Sorted> {
  let groups: z.infer<typeof Groups> = [];
  await run({
    args: forgetArguments({ host, job, keep, dryRun }),
    onMessage: (message) => {
      groups = Groups.parse(message);
    },
    onWaiting: (waiting) => {
      tell({ phase: 'forget', waiting });
    },
  });
  return {
    kept: new Set(groups.flatMap(({ keep: kept }) => kept?.map(({ id }) => id) ?? [])),
    removed: new Set(groups.flatMap(({ remove }) => remove?.map(({ id }) => id) ?? [])),
  };
}

/**
 * The `keep` that is in force. A changed one that would remove snapshots which the one before keeps is in force a day
 * after it was first seen; until then `change` says what it would remove. Safe to repeat.
 */
export async function keepInForce(
  job: string,
  declared: Keep,
  { state, wouldRemove }: { state: State; wouldRemove: (keep: Keep) => Promise<Set<string>> },
): Promise<{ keep: Keep; change?: KeepChange }> {
  const file = keepRecordFile(job);
  const record = await state.read(file, RecordedKeeps);
  if (record && sameKeep(record.keep, declared)) {
    if (record.waiting) await state.write(file, { keep: declared } satisfies KeepRecord);
    return { keep: declared };
  }
  if (record) {
    const before = await wouldRemove(record.keep);
    const removes = [...(await wouldRemove(declared))].filter((id) => !before.has(id)).length;
    const since = waitingSince(record, declared, new Date());
    const from = inForceFrom(since);
    if (removes > 0 && Date.now() < Date.parse(from)) {
      await state.write(file, { keep: record.keep, waiting: { keep: declared, since } } satisfies KeepRecord);
      return { keep: record.keep, change: { removes, from } };
    }
  }
  await state.write(file, { keep: declared } satisfies KeepRecord);
  return { keep: declared };
}
