import { z } from 'zod';
import type { State } from '../src/adapters/state.js';
import {
  type Keep,
  type KeepChange,
  type KeepRecord,
  KEEP_CHANGE_WAITS_MS,
  keepOptions,
  sameKeep,
  waitingSince,
} from '../src/domain/retention.js';
import { jobTags } from '../src/domain/snapshot-identity.js';
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

const Count = z.number().int().positive().optional();
const KeepSchema: z.ZodType<Keep> = z.object({
  ...{ last: Count, hourly: Count, daily: Count, weekly: Count, monthly: Count, yearly: Count },
});
const KeepFile: z.ZodType<KeepRecord> = z.object({
  keep: KeepSchema,
  waiting: z.object({ keep: KeepSchema, since: z.iso.datetime() }).optional(),
});

const recordFile = (job: string): string => `retention/${job}.json`;

/** Has restic forget what a `keep` does not cover of the job's own snapshots, or only say what that would be. */
export async function forget(
  { host, job, keep, dryRun = false }: { host: string; job: string; keep: Keep; dryRun?: boolean },
  { run, tell }: Pick<Prepared, 'run' | 'tell'>,
): Promise<Sorted> {
  let groups: z.infer<typeof Groups> = [];
  const selection = ['--host', host, '--tag', jobTags(job), '--group-by', 'host,tags'];
  await run({
    args: ['forget', '--json', ...(dryRun ? ['--dry-run'] : []), ...selection, ...keepOptions(keep)],
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
  const file = recordFile(job);
  const record = await state.read(file, KeepFile);
  if (record && sameKeep(record.keep, declared)) {
    if (record.waiting) await state.write(file, { keep: declared } satisfies KeepRecord);
    return { keep: declared };
  }
  if (record) {
    const before = await wouldRemove(record.keep);
    const removes = [...(await wouldRemove(declared))].filter((id) => !before.has(id)).length;
    const since = waitingSince(record, declared, new Date());
    const from = Date.parse(since) + KEEP_CHANGE_WAITS_MS;
    if (removes > 0 && Date.now() < from) {
      await state.write(file, { keep: record.keep, waiting: { keep: declared, since } } satisfies KeepRecord);
      return { keep: record.keep, change: { removes, from: new Date(from).toISOString() } };
    }
  }
  await state.write(file, { keep: declared } satisfies KeepRecord);
  return { keep: declared };
}
