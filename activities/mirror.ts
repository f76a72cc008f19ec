import type { MirrorStep } from '../src/adapters/mirror.js';
import { FtsError } from '../src/domain/failures.js';
import {
  type HeldPath,
  type HoldNotice,
  type Removal,
  type SignedApproval,
  holdNotice,
} from '../src/domain/hold.js';
import type { JobRequest } from '../src/domain/job.js';
import {
  type MirrorPlan,
  type MirrorResult,
  type Omitted,
  type PlanNumbers,
  lossToApprove,
  planNumbers,
} from '../src/domain/mirror.js';
import { repositoriesOn } from '../src/estate/lookup.js';
import type { Refusal } from './admission.js';
import { currentRun } from './current-run.js';
import {
  Decision,
  DeletionRecord,
  type MirrorDependencies,
  createMirrorStep,
  onVolume,
  orVolume,
  record,
} from './mirror-step.js';
import { nextDueOf, patiently } from './patience.js';

export type PlanMirrorInput = JobRequest & { approval?: SignedApproval };

export type PlannedMirror =
  /** The host does not let the job run now. */
  { refused: Refusal } | PlannedChanges;

export interface PlannedChanges {
  plan: PlanNumbers;
  omitted: Omitted;
  /** Files that may be deleted now. */
  deletes: number;
  /** Nothing is left to do, and a sample of what the remote holds was read back and compared. */
  verified?: Removal;
  /** What waits for a person; absent if nothing does. */
  hold?: HoldNotice;
  /** Of what is held. */
  biggest: HeldPath[];
}

export const createMirrorActivities = (dependencies: MirrorDependencies) => {
  const { current, state, mirror, judge } = dependencies;
  const { prepareFirst, prepareStep } = createMirrorStep(dependencies);

  return {
    /**
     * Compares the volume with the remote, if the host lets the job run now, and decides what of it may be done now. Writes nothing on either side. Safe to
     * retry: what this run planned and decided stays as it is.
     */
    planMirror: (request: PlanMirrorInput): Promise<PlannedMirror> =>
      patiently('compare', nextDueOf(current, request.job), async (tell, signal) => {
        const { runId } = currentRun();
        const prepared = await prepareFirst(request, signal);
        if (prepared.refused) return { refused: prepared.refused };
        const { loaded, job, remote, owner, root, requireSame, volume } = prepared;
        const prunedHere = repositoriesOn(loaded.estate, job.volume);
        const planning = mirror.plan({
          ...{ job: request.job, runId, root, volume, remote, owner, signal, limits: job.limits },
          ...{ exclude: job.exclude, excludePatterns: job.excludePatterns },
          ...{ repositories: prunedHere.map(({ path }) => path), prunedHere, guard: requireSame },
          onListed: (files) => {
            tell({ phase: 'compare', files });
          },
        });
        const plan = await orVolume(volume, planning);
        await volume;
        const earlier = await state.readRenewable(record(request.job, 'decision'), Decision);
        if (earlier?.runId === runId) return planned(plan, earlier);
        const decide = (decision: Omit<Decision, 'runId'>): Promise<void> =>
          state.write(record(request.job, 'decision'), { runId, ...decision });
        const { hash: planHash, files, bytes, commonPath, biggest } = lossToApprove(plan);
        const verdict = await judge(
          { estate: loaded.estate.estate, state, operators: loaded.estate.operators },
          {
            ...{ job: request.job, runId, biggest, approval: request.approval, exceeded: plan.exceeds },
            plan: { planHash, removal: { files, bytes }, commonPath: Buffer.from(commonPath, 'base64') },
            release: async () => {
              await mirror.release(request.job, plan, remote);
              // Of a plan that was verified no step follows, and judging it again gives the same.
              if (!plan.verified) await decide({ held: 'nothing' });
            },
          },
        );
        if (verdict.released) return planned(plan, { held: 'nothing' });
        const hold = holdNotice(verdict.hold, { estateFile: loaded.file });
        await decide({ held: plan.held, hold });
        return planned(plan, { held: plan.held, hold });
      }),

    /**
     * Uploads what the plan of this run names and the decision allows; deletes nothing. Safe to retry: what an earlier
     * attempt brought there is counted and not uploaded again.
     */
    uploadMirror: (request: JobRequest): Promise<UploadedMirror> =>
      patiently('upload', nextDueOf(current, request.job), async (tell, signal) => {
        const progress: MirrorStep['tell'] = (now) => {
          tell({ phase: 'upload', ...now });
        };
        const { loaded, job, runId, plan, upload, step } = await prepareStep(request, signal, progress);
        const resumed = upload?.runId === runId;
        const keep = (postponed: readonly string[]): Promise<void> =>
          state.write(record(request.job, 'upload'), { runId, postponed });
        if (!resumed) await keep(plan.postponed ?? []);
        const { transferred, postponed, unreadable } = await onVolume(step, () =>
          mirror.upload({
            ...{ ...step, resumed, report: state.path('reports', `${request.job}-${runId}.jsonl`) },
            repositories: repositoriesOn(loaded.estate, job.volume).map(({ path }) => path),
            bandwidth: { limit: job.bandwidth, timezone: loaded.estate.timezone },
            onWaiting: (waiting) => {
              tell({ phase: 'upload', waiting });
            },
          }),
        );
        await keep(postponed);
        await step.guard();
        return {
          transferred,
          ...(postponed.length > 0 && { postponed }),
          ...(unreadable && { unreadable }),
        };
      }),

    /**
     * Deletes what the plan of this run names, each only if it is still missing in the volume. Safe to retry: another
     * attempt goes on where the last one was (`deletePlanned`).
     */
    deleteMirrored: (request: JobRequest): Promise<Pick<MirrorResult, 'deleted' | 'returned' | 'left'>> =>
      patiently('delete', nextDueOf(current, request.job), async (tell, signal) => {
        const { runId, plan, decision, step } = await prepareStep(request, signal, () => undefined);
        if (decision.held !== 'nothing') {
          throw new FtsError('StateCorrupt', `the deletions of job ${request.job} wait for an approval`);
        }
        const { files: totalFiles, bytes: totalBytes } = plan.losses.deletions;
        const before = await state.read(record(request.job, 'deletion'), DeletionRecord);
        const { files, bytes, returned, left } = await onVolume(step, () =>
          mirror.remove({
            ...step,
            from: before?.runId === runId ? before.done : undefined,
            keep: (done) => state.write(record(request.job, 'deletion'), { runId, done }),
            tell: (now) => {
              tell({ phase: 'delete', totalFiles, totalBytes, files: now.files ?? 0, bytes: now.bytes ?? 0 });
            },
          }),
        );
        await step.guard();
        return { deleted: { files, bytes }, ...(returned > 0 && { returned }), ...(left && { left }) };
      }),

    /** Reads a sample of what the remote should hold back and compares it (`verifySample`). Changes nothing; safe to retry. */
    verifyMirror: (request: JobRequest): Promise<Pick<MirrorResult, 'verified'>> =>
      patiently('verify', nextDueOf(current, request.job), async (tell, signal) => {
        const progress: MirrorStep['tell'] = (now) => {
          tell({ phase: 'verify', ...now });
        };
        const { step } = await prepareStep(request, signal, progress);
        const verified = await onVolume(step, () => mirror.verify(step));
        await step.guard();
        return { verified };
      }),
  };
};

export type MirrorActivities = ReturnType<typeof createMirrorActivities>;

export type UploadedMirror = Pick<MirrorResult, 'transferred' | 'unreadable' | 'postponed'>;

const planned = (plan: MirrorPlan, { held, hold }: Omit<Decision, 'runId'>): PlannedChanges => ({
  plan: planNumbers(plan),
  omitted: plan.omitted,
  deletes: held === 'nothing' ? plan.losses.deletions.files : 0,
  biggest: lossToApprove(plan).biggest,
  ...(plan.verified && { verified: plan.verified }),
  ...(hold && { hold }),
});
