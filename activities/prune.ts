import { log } from '@temporalio/activity';
import { z } from 'zod';
import type { PrunedNames } from '../src/adapters/pruned-names.js';
import type { State } from '../src/adapters/state.js';
import { damageOr } from '../src/domain/damage.js';
import type { JobRequest } from '../src/domain/job.js';
import {
  type PruneRecord,
  type Pruned,
  PRUNE_EVERY_SECONDS,
  SHORTEST_PRUNE_MS,
  afterGivingWay,
  isPruneDue,
  repackLimit,
} from '../src/domain/prune.js';
import { nextDue } from '../src/estate/cron.js';
import { repositoryPath } from '../src/estate/lookup.js';
import type { Estate } from '../src/estate/schema.js';
import { requireNoErrors } from './check-record.js';
import { type Prepared, type StepDependencies, createStep, destinationOnly } from './restic-step.js';

const PruneFile: z.ZodType<PruneRecord> = z.object({
  endedAt: z.iso.datetime().optional(),
  startedAt: z.iso.datetime().optional(),
  gaveWayAt: z.number().optional(),
});

const recordFile = (repository: string): string => `repositories/${repository}.prune.json`;

export interface PruneDependencies extends StepDependencies {
  state: State;
  /** Whether a mirror job is between its plan and its end: a prune would make it leave the repository for its next run. */
  isMirrorUnderWay: (job: string) => Promise<boolean>;
  prunedNames: PrunedNames;
}

export const createPruneActivities = (dependencies: PruneDependencies) => {
  const { state, isMirrorUnderWay, prunedNames } = dependencies;
  const step = createStep(dependencies);

  const isBeingMirrored = async ({ jobs, repositories }: Estate, repository: string): Promise<boolean> => {
    const volume = repositories[repository]?.volume;
    for (const [name, job] of Object.entries(jobs)) {
      if (job.kind === 'mirror' && job.volume === volume && (await isMirrorUnderWay(name))) return true;
    }
    return false;
  };

  return {
    /**
     * Removes from the job's repository the data that no snapshot needs any more. Gives way to the next run that is due
     * on the repository: restic is interrupted, which leaves the repository as it was, and less is repacked the next
     * time; and to a mirror of its volume that is under way. Safe to retry.
     *
     * If the process dies before the record says that it began, nothing has happened; after it, the next run sees that
     * a prune broke off, and has restic check the repository before anything is forgotten or pruned again.
     */
    pruneRepository: (request: JobRequest): Promise<Pruned> =>
      step('prune', request, destinationOnly, async ({ loaded, job, run, tell }) => {
        const { repository: name } = job;
        const file = recordFile(name);
        const remaining = (nextDueOn(loaded.estate, name, new Date()) ?? Infinity) - Date.now();
        if (remaining < SHORTEST_PRUNE_MS || (await isBeingMirrored(loaded.estate, name))) return 'gave-way';
        const folder = repositoryPath(loaded, name);
        await checkAfterBreak(state, name, { run, tell, prunedNames, folder });

        const record = await state.read(file, PruneFile);
        const limit = repackLimit(record);
        await state.write(file, { ...record, startedAt: new Date().toISOString() });
        if (folder !== undefined) await prunedNames.begin(name, folder);
        const due = AbortSignal.timeout(Math.min(remaining, LONGEST_TIMER_MS));
        try {
          await run({
            args: ['prune', ...(limit === undefined ? [] : [`--max-repack-size=${String(limit)}`])],
            signal: due,
            onWaiting: (waiting) => {
              tell({ phase: 'prune', waiting });
            },
          });
        } catch (error) {
          if (!due.aborted || error !== due.reason) throw error;
          if (folder !== undefined) await prunedNames.settle(name, folder);
          await state.write(file, { endedAt: record?.endedAt, gaveWayAt: afterGivingWay(limit) });
          return 'gave-way';
        }
        if (folder !== undefined) await prunedNames.settle(name, folder);
        await state.write(file, { endedAt: new Date().toISOString() });
        return 'done';
      }),
  };
};

export type PruneActivities = ReturnType<typeof createPruneActivities>;

/** Timers of Node end at 2^31 - 1 milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whether the repository is to be pruned, by its own cadence. */
export async function pruneIsDue(
  state: Pick<State, 'read'>,
  estate: Estate,
  { repository, firstSeen }: { repository: string; firstSeen: string },
): Promise<boolean> {
  const everySeconds = estate.repositories[repository]?.pruneEvery ?? PRUNE_EVERY_SECONDS;
  const record = await state.read(recordFile(repository), PruneFile);
  return isPruneDue(record, { firstSeen, everySeconds, now: Date.now() });
}

/** Whether a prune began that is not known to have ended. */
export const pruneBrokeOff = async (state: Pick<State, 'read'>, repository: string): Promise<boolean> =>
  (await state.read(recordFile(repository), PruneFile))?.startedAt !== undefined;

type AfterBreak = Pick<Prepared, 'run' | 'tell'> & {
  prunedNames: PrunedNames;
  /** Of a repository on a volume of this host. */
  folder: string | undefined;
};

/**
 * After a prune that broke off, restic checks the repository's structure first. Fails with `RepositoryDamaged`, and
 * nothing is forgotten or pruned until it is mended; nor after a check job that found errors, until it passes. A damaged
 * record may be of one that broke off; a new one takes its place after the check. What the broken one removed from a
 * repository in `folder` is written down then. Costs a read of small files where nothing is wrong.
 */
export async function checkAfterBreak(
  state: Pick<State, 'read' | 'write'>,
  repository: string,
  { run, tell, prunedNames, folder }: AfterBreak,
): Promise<void> {
  await requireNoErrors(state, repository);
  const { record, damage } = await damageOr(state.read(recordFile(repository), PruneFile));
  if (!damage && record?.startedAt === undefined) return;
  if (damage) log.warn('a prune may have broken off: its record is damaged', { error: damage });
  tell({ phase: 'check' });
  await run({ args: ['check'] });
  if (folder !== undefined) await prunedNames.settle(repository, folder);
  await state.write(recordFile(repository), { ...record, startedAt: undefined });
}

/** When the next job that opens the repository is due (milliseconds since the epoch); undefined if none has a cron. */
function nextDueOn({ jobs, timezone }: Estate, repository: string, now: Date): number | undefined {
  const times = Object.values(jobs)
    .filter((job) => 'repository' in job && job.repository === repository && !job.paused)
    .map(({ cron }) => cron && nextDue(cron, timezone, now)?.getTime())
    .filter((time) => typeof time === 'number');
  return times.length === 0 ? undefined : Math.min(...times);
}
