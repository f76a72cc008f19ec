import type { PrunedNames } from '../src/adapters/pruned-names.js';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest, SnapshotResult } from '../src/domain/job.js';
import type { Progress } from '../src/domain/progress.js';
import type { Keep, KeepChange } from '../src/domain/retention.js';
import { type AdmissionDependencies, type Refusal, refusal } from './admission.js';
import { repositoryPath } from '../src/estate/lookup.js';
import { backupArguments } from './backup-arguments.js';
import { type BackupSummary, problemOf, progressAfter, summaryOf } from './backup-messages.js';
import { currentRun } from './current-run.js';
import { forget, keepInForce } from './forget.js';
import { makeRepository } from './new-repository.js';
import { checkAfterBreak, pruneIsDue } from './prune.js';
import { requireSameTree } from './require-volumes.js';
import {
  type FirstPhase,
  type StepDependencies,
  createStep,
  destinationOnly,
  sourceAndDestination,
} from './restic-step.js';
import { missing, readSeen, requireNotReplaced, requireSameRepository } from './seen-repository.js';
import { begin, end, settle } from './unfinished-snapshot.js';
import { type RealName, type Report, collectUnreadable } from './unreadable-files.js';

/** restic's exit codes that are answers (restic manual, "Scripting"); the repository throws on any other. */
const COMPLETE = 0;
const NO_REPOSITORY = 10;

export interface ResticDependencies extends StepDependencies, Pick<AdmissionDependencies, 'isBeingRebuilt'> {
  state: State;
  prunedNames: PrunedNames;
  openReport: (path: string) => Promise<Report>;
  realName: RealName;
  /** Id of the snapshot that the host has on record as the job's last success. */
  lastSuccess: (job: string) => Promise<string | undefined>;
}

export type TakenSnapshot =
  /** The host does not let the job run now. */
  | ({ repository: 'unasked' } & Refusal)
  | { repository: 'absent' }
  | ({ repository: 'present' } & Omit<SnapshotResult, 'forgotten'>);

/** What forgetting did; `forgotten` is a count of snapshots. */
export interface Forgotten {
  forgotten: number;
  keepChange?: KeepChange;
  /** The repository is to be pruned now. */
  pruneDue?: true;
}

export const createResticActivities = ({
  host,
  current,
  guard,
  isBeingRebuilt,
  state,
  open,
  openReport,
  realName,
  lastSuccess,
  prunedNames,
}: ResticDependencies) => {
  const step = createStep({ host, current, guard, open });

  return {
    /**
     * Takes one snapshot of the job's volume, if the host lets the job run now: not paused, its volumes healthy, room in
     * the repository's. Safe to retry: restic deduplicates, so a repeat costs an entry, not data; what a broken attempt
     * left is tagged partial first. That there is no repository is an answer only as long as none was ever seen, else
     * `RepositoryMissing`; another than was seen is `RepositoryReplaced`.
     */
    takeSnapshot: (request: JobRequest): Promise<TakenSnapshot> =>
      step(firstStep({ isBeingRebuilt }), request, sourceAndDestination, async (prepared) => {
        const { loaded, job, guarded, volumes, tell, run } = prepared;
        const asked = { state, repository: job.repository, opened: prepared };
        await requireNotReplaced(asked);
        await settle({ state, host, lastSuccess, run }, request.job);
        const unreadable = collectUnreadable(await openReport(reportPath(state, request.job)), realName);
        let summary: BackupSummary | undefined;
        let progress: Progress = { phase: 'backup' };
        const attempt = await begin(state, request.job);
        const { exitCode } = await run({
          args: backupArguments(loaded, host, request.job, job),
          ...(job.bandwidth !== undefined && {
            bandwidth: { timetable: job.bandwidth, timezone: loaded.estate.timezone },
          }),
          onMessage: (message) => {
            summary = summaryOf(message) ?? summary;
            progress = progressAfter(progress, message);
            tell(progress);
          },
          onProblem: (message) => {
            const problem = problemOf(message);
            if (problem) unreadable.add(problem);
          },
          onWaiting: (waiting) => {
            progress = { ...progress, waiting };
            tell(progress);
          },
        });
        const problems = await unreadable.finish();
        if (exitCode === NO_REPOSITORY) {
          const seen = await readSeen(state, job.repository);
          if (seen) throw missing(state, job.repository, seen);
          await end(state, request.job, attempt);
          return { repository: 'absent' };
        }
        if (!summary) throw new FtsError('VerificationFailed', 'restic ended well and named no snapshot');
        await requireSameRepository(asked, summary.snapshot_id);
        const source = volumes.get(job.volume)?.identity;
        requireSameTree(job.volume, source, await guarded.require(job.volume), 'backup');
        if (exitCode === COMPLETE) await end(state, request.job, attempt);
        return { repository: 'present', ...taken(summary), ...(problems && { unreadable: problems }) };
      }),

    /**
     * Makes the job's repository, if none was ever seen (`makeRepository`). Safe to retry: restic refuses to make one
     * where one is.
     */
    createRepository: (request: JobRequest): Promise<void> =>
      step('init', request, destinationOnly, ({ job, run, clearHalfInit }) =>
        makeRepository({ state, repository: job.repository, opened: { run, clearHalfInit } }),
      ),

    /**
     * Tags the snapshot that the latest `takeSnapshot` left as partial, so that it never counts in `keep`. Returns
     * its new id. Safe to retry: what is tagged stays tagged.
     */
    markPartial: (request: JobRequest): Promise<{ snapshotId: string }> =>
      step('tag', request, destinationOnly, async ({ run }) => {
        const snapshotId = (await settle({ state, host, lastSuccess, run }, request.job)).at(-1);
        if (snapshotId === undefined)
          throw new FtsError('VerificationFailed', 'the partial snapshot is not there');
        return { snapshotId };
      }),

    /**
     * Removes the snapshots of the job that `keep` no longer covers, and sees that the new one is among the kept. A
     * changed `keep` that would remove more waits for a day (`keepChange`). After a prune that broke off the repository
     * is checked first. Safe to retry: the second time there is less to remove.
     */
    forgetSnapshots: (request: JobRequest & { snapshotId: string }): Promise<Forgotten> =>
      step('forget', request, destinationOnly, async ({ loaded, job, run, tell }) => {
        const folder = repositoryPath(loaded, job.repository);
        await checkAfterBreak(state, job.repository, { run, tell, prunedNames, folder });
        const sorted = (keep: Keep, dryRun: boolean) =>
          forget({ host, job: request.job, keep, dryRun }, { run, tell });
        const { keep, change } = await keepInForce(request.job, job.keep, {
          state,
          wouldRemove: async (asked) => (await sorted(asked, true)).removed,
        });
        const { kept, removed } = await sorted(keep, false);
        if (!kept.has(request.snapshotId)) {
          throw new FtsError(
            'VerificationFailed',
            `snapshot ${request.snapshotId} is not in repository ${job.repository}`,
          );
        }
        const seen = await readSeen(state, job.repository);
        const due =
          seen !== undefined &&
          (await pruneIsDue(state, loaded.estate, {
            repository: job.repository,
            firstSeen: seen.firstSeen,
          }));
        return {
          forgotten: removed.size,
          ...(change && { keepChange: change }),
          ...(due && { pruneDue: true }),
        };
      }),
  };
};

export type ResticActivities = ReturnType<typeof createResticActivities>;

/** The first step of a snapshot. */
const firstStep = (dependencies: Pick<ResticDependencies, 'isBeingRebuilt'>): FirstPhase<TakenSnapshot> => ({
  phase: 'backup',
  refusal: (asked) => refusal(dependencies, asked),
  refused: (why) => ({ repository: 'unasked', ...why }),
});

const reportPath = (state: State, job: string): string =>
  state.path('reports', `${job}-${currentRun().runId}.jsonl`);

const taken = (summary: BackupSummary): Omit<SnapshotResult, 'forgotten' | 'unreadable'> => ({
  snapshotId: summary.snapshot_id,
  files: { new: summary.files_new, changed: summary.files_changed, unmodified: summary.files_unmodified },
  bytesAdded: summary.data_added,
  bytesProcessed: summary.total_bytes_processed,
});
