import { z } from 'zod';
import type { ResticCall } from '../src/adapters/restic.js';
import type { State } from '../src/adapters/state.js';
import type { ToolExit } from '../src/adapters/tool.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest, SnapshotResult } from '../src/domain/job.js';
import type { Progress } from '../src/domain/progress.js';
import { keepOptions } from '../src/domain/retention.js';
import { jobTags } from '../src/domain/snapshot-identity.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { destinationOfJob, volumesOfJob } from '../src/estate/lookup.js';
import type { BackupJob, Estate, Job, SnapshotJob } from '../src/estate/schema.js';
import type { Guard, GuardedVolume } from './admission.js';
import { backupArguments } from './backup-arguments.js';
import { type BackupSummary, problemOf, progressOf, summaryOf } from './backup-messages.js';
import { currentRun } from './current-run.js';
import { type Report as Tell, nextDueOf, patiently } from './patience.js';
import { begin, end, settle } from './unfinished-snapshot.js';
import { type RealName, type Report, collectUnreadable } from './unreadable-files.js';

/** restic's exit codes that are answers (restic manual, "Scripting"); the repository throws on any other. */
const COMPLETE = 0;
const NO_REPOSITORY = 10;

/** A repository whose secrets are resolved. Lives for one activity. */
export interface OpenRepository {
  run(call: ResticCall): Promise<ToolExit>;
}

export interface ResticDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  open: (loaded: LoadedEstate, repository: string) => Promise<OpenRepository>;
  openReport: (path: string) => Promise<Report>;
  realName: RealName;
}

export type TakenSnapshot =
  { repository: 'absent' } | ({ repository: 'present' } & Omit<SnapshotResult, 'forgotten'>);

/** Record that a repository was seen: from then on its absence is an alarm, and no reason to make one. */
const Seen = z.object({ firstSeen: z.iso.datetime() });
const seenFile = (repository: string): string => `repositories/${repository}.json`;

const Forgotten = z.array(
  z.object({
    keep: z.array(z.object({ id: z.string() })).nullable(),
    remove: z.array(z.unknown()).nullable(),
  }),
);

export const createResticActivities = ({
  host,
  current,
  guard,
  state,
  open,
  openReport,
  realName,
}: ResticDependencies) => {
  /** One step: the host's own declaration, healthy volumes (those it touches) and an open repository, then the work. */
  const step = <T>(
    phase: string,
    request: JobRequest,
    touched: (estate: Estate, job: string) => string[],
    work: (prepared: Prepared) => Promise<T>,
  ): Promise<T> =>
    patiently(phase, nextDueOf(current, request.job), async (tell, signal) => {
      const loaded = await current();
      const job = snapshotJob(request.job, declaredJob(loaded, host, request));
      const guarded = guard(loaded);
      const require = async (volume: string) => [volume, await guarded.require(volume)] as const;
      const volumes = new Map(await Promise.all(touched(loaded.estate, request.job).map(require)));
      const repository = await open(loaded, job.repository);
      return work({
        loaded,
        job,
        guarded,
        volumes,
        tell,
        run: (call) => repository.run({ ...call, signal }),
      });
    });

  const remember = async (repository: string): Promise<void> => {
    const seen = await state.read(seenFile(repository), Seen);
    if (!seen) await state.write(seenFile(repository), { firstSeen: new Date().toISOString() });
  };

  return {
    /**
     * Takes one snapshot of the job's volume. Safe to retry: restic deduplicates, so a repeat costs an entry, not
     * data; what a broken attempt left is tagged partial first. That there is no repository is an answer only as
     * long as none was ever seen, else `RepositoryMissing`.
     */
    takeSnapshot: (request: JobRequest): Promise<TakenSnapshot> =>
      step('backup', request, volumesOfJob, async ({ loaded, job, guarded, volumes, tell, run }) => {
        const seen = await state.read(seenFile(job.repository), Seen);
        await settle({ state, host, run }, request.job);
        const unreadable = collectUnreadable(await openReport(reportPath(state, request.job)), realName);
        let summary: BackupSummary | undefined;
        let progress: Progress = { phase: 'backup' };
        await begin(state, request.job);
        const { exitCode } = await run({
          args: backupArguments(loaded, host, request.job, job),
          onMessage: (message) => {
            summary = summaryOf(message) ?? summary;
            progress = progressOf(message) ?? progress;
            tell(progress);
          },
          onProblem: (message) => {
            const problem = problemOf(message);
            if (problem) unreadable.add(problem);
          },
          onWaiting: (waiting) => {
            tell({ ...progress, waiting });
          },
        });
        const problems = await unreadable.finish();
        if (exitCode === NO_REPOSITORY) {
          if (seen) throw missing(job.repository, seen.firstSeen);
          await end(state, request.job);
          return { repository: 'absent' };
        }
        await remember(job.repository);
        if (!summary) throw new FtsError('VerificationFailed', 'restic ended well and named no snapshot');
        requireSameTree(job.volume, volumes.get(job.volume), await guarded.require(job.volume));
        if (exitCode === COMPLETE) await end(state, request.job);
        return { repository: 'present', ...taken(summary), ...(problems && { unreadable: problems }) };
      }),

    /**
     * Makes the job's repository, if none was ever seen. Safe to retry: restic refuses to make one where one is, and
     * one that opens with the declared password is taken for ours.
     */
    createRepository: (request: JobRequest): Promise<void> =>
      step('init', request, destinationsOfJob, async ({ job, run }) => {
        const seen = await state.read(seenFile(job.repository), Seen);
        if (seen) throw missing(job.repository, seen.firstSeen);
        try {
          await run({ args: ['init', '--json'] });
        } catch (error) {
          const { exitCode } = await run({ args: ['cat', 'config'] });
          if (exitCode !== COMPLETE) throw error;
        }
        await remember(job.repository);
      }),

    /**
     * Tags the snapshot that the latest `takeSnapshot` left as partial, so that it never counts in `keep`. Returns
     * its new id. Safe to retry: what is tagged stays tagged.
     */
    markPartial: (request: JobRequest): Promise<{ snapshotId: string }> =>
      step('tag', request, destinationsOfJob, async ({ run }) => {
        const snapshotId = (await settle({ state, host, run }, request.job)).at(-1);
        if (snapshotId === undefined)
          throw new FtsError('VerificationFailed', 'the partial snapshot is not there');
        return { snapshotId };
      }),

    /**
     * Removes the snapshots of the job that `keep` no longer covers, and sees that the new one is among the kept.
     * Safe to retry: the second time there is less to remove.
     */
    forgetSnapshots: (request: JobRequest & { snapshotId: string }): Promise<{ forgotten: number }> =>
      step('forget', request, destinationsOfJob, async ({ job, run, tell }) => {
        let groups: z.infer<typeof Forgotten> = [];
        const selection = ['--host', host, '--tag', jobTags(request.job), '--group-by', 'host,tags'];
        await run({
          args: ['forget', '--json', ...selection, ...keepOptions(job.keep)],
          onMessage: (message) => {
            groups = Forgotten.parse(message);
          },
          onWaiting: (waiting) => {
            tell({ phase: 'forget', waiting });
          },
        });
        if (!groups.some(({ keep }) => keep?.some(({ id }) => id === request.snapshotId))) {
          throw new FtsError(
            'VerificationFailed',
            `snapshot ${request.snapshotId} is not in repository ${job.repository}`,
          );
        }
        return { forgotten: groups.reduce((sum, { remove }) => sum + (remove?.length ?? 0), 0) };
      }),
  };
};

export type ResticActivities = ReturnType<typeof createResticActivities>;

interface Prepared {
  loaded: LoadedEstate;
  job: SnapshotJob | BackupJob;
  guarded: Guard;
  /** The volumes that the step touches, as the guard found them. */
  volumes: ReadonlyMap<string, GuardedVolume>;
  tell: Tell;
  run: (call: ResticCall) => Promise<ToolExit>;
}

function snapshotJob(name: string, job: Job): SnapshotJob | BackupJob {
  if (job.kind === 'snapshot' || job.kind === 'backup') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a snapshot or backup`);
}

const reportPath = (state: State, job: string): string =>
  state.path('reports', `${job}-${currentRun().runId}.jsonl`);

const taken = (summary: BackupSummary): Omit<SnapshotResult, 'forgotten' | 'unreadable'> => ({
  snapshotId: summary.snapshot_id,
  files: { new: summary.files_new, changed: summary.files_changed, unmodified: summary.files_unmodified },
  bytesAdded: summary.data_added,
  bytesProcessed: summary.total_bytes_processed,
});

function requireSameTree(volume: string, before: GuardedVolume | undefined, after: GuardedVolume): void {
  if (before?.identity === after.identity) return;
  throw new FtsError(
    'VolumeUnavailable',
    `volume ${volume} at ${after.mountpoint} was mounted anew during the backup`,
  );
}

/** What init, tag and forget touch: the repository's volume, if it lies on one. */
function destinationsOfJob(estate: Estate, job: string): string[] {
  const volume = destinationOfJob(estate, job);
  return volume === undefined ? [] : [volume];
}

const missing = (repository: string, firstSeen: string): FtsError =>
  new FtsError(
    'RepositoryMissing',
    `repository ${repository} was first seen on ${firstSeen} and is no longer there`,
    'bring it back; if it is meant to begin anew, remove its record from the state folder (`repositories/`) on the host',
  );
