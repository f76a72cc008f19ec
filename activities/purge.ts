import { z } from 'zod';
import type { HoldSetting, PlanToJudge, Verdict } from '../src/adapters/holds.js';
import type { DeleteAnswer, ScanAnswer } from '../src/adapters/purge/messages.js';
import type { PurgeCall } from '../src/adapters/purge/tool.js';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import {
  type HeldPath,
  type HoldNotice,
  type Removal,
  type SignedApproval,
  holdNotice,
} from '../src/domain/hold.js';
import type { JobRequest } from '../src/domain/job.js';
import { exceededLimits } from '../src/domain/limits.js';
import type { PurgeProblems, PurgeResult } from '../src/domain/purge.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { splitVolumePath } from '../src/estate/paths.js';
import type { Job } from '../src/estate/schema.js';
import type { Guard } from './admission.js';
import { currentRun } from './current-run.js';
import { nextDueOf, patiently } from './patience.js';
import { requireSameTree } from './require-volumes.js';

/** The folder of a purge, and its plan on the host's disk. */
export interface PurgePlace {
  volumeRoot: string;
  path: string;
  plan: string;
}

export interface PurgeDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  /** Fails with `PathMissing` or `PathUnsafe`. */
  requireFolder: (root: string, path: string) => Promise<unknown>;
  /** Fails with `ClockStep`. */
  requireClock: () => Promise<void>;
  /** The lock of a folder. */
  lock: (estate: string, job: string, place: PurgePlace) => Promise<string>;
  scan: (request: PurgePlace & { olderThanSeconds: number }, call: PurgeCall) => Promise<ScanAnswer>;
  remove: (
    request: PurgePlace & { resumed: boolean; planHash: string; root: ScanAnswer['root'] },
    call: PurgeCall,
  ) => Promise<DeleteAnswer>;
  judge: (setting: HoldSetting, asked: PlanToJudge) => Promise<Verdict>;
}

export type PlannedPurge =
  | { released: true; removal: Removal; problems?: PurgeProblems }
  | { released: false; hold: HoldNotice; biggest: HeldPath[] };

export type PlanPurgeRequest = JobRequest & { approval?: SignedApproval };

/** A plan that may be carried out, by the run that made it. */
const ReleasedPlan = z.object({
  runId: z.string(),
  planHash: z.string(),
  root: z.object({ dev: z.string(), ino: z.string() }),
  /** Of the volume, as the guard tells it. */
  identity: z.string().optional(),
  removal: z.object({ files: z.number(), bytes: z.number() }),
  /** When its deletions began. */
  startedAt: z.string().optional(),
  problems: z
    .object({
      count: z.number(),
      first: z.array(
        z.object({ path: z.string(), encoded: z.literal(true).exactOptional(), message: z.string() }),
      ),
    })
    .exactOptional(),
});

const planFile = (job: string): string => `plans/${job}.json`;

export const createPurgeActivities = (dependencies: PurgeDependencies) => {
  const { host, current, guard, state, requireFolder, requireClock, lock, scan, remove, judge } =
    dependencies;

  const prepare = async (request: JobRequest, signal: AbortSignal) => {
    const loaded = await current();
    const job = purgeJob(request.job, declaredJob(loaded, host, request));
    const { volume, path } = splitVolumePath(job.path);
    const guarded = guard(loaded);
    const before = await guarded.require(volume, { signal });
    await requireFolder(before.mountpoint, path);
    const place = { volumeRoot: before.mountpoint, path, plan: state.path('plans', `${request.job}.jsonl`) };
    const requireSame = async () => {
      requireSameTree(volume, before.identity, await guarded.require(volume, { signal }), 'purge');
    };
    const file = await lock(loaded.estate.estate, request.job, place);
    return { loaded, job, volume, before, place, requireSame, lock: file };
  };

  return {
    /**
     * Plans what a purge would delete, and releases the plan or holds it. Deletes nothing. Safe to retry: a plan that
     * this run released stays as it is.
     */
    planPurge: (request: PlanPurgeRequest): Promise<PlannedPurge> =>
      patiently('scan', nextDueOf(current, request.job), async (tell, signal) => {
        const { runId } = currentRun();
        const { loaded, job, before, place, requireSame, lock } = await prepare(request, signal);
        const earlier = await state.readRenewable(planFile(request.job), ReleasedPlan);
        if (earlier?.runId === runId) return released(earlier);
        await requireClock();
        const found = await scan(
          { ...place, olderThanSeconds: job.olderThan },
          { lock, signal, tell: (progress) => tell({ phase: 'scan', ...progress }) },
        );
        await requireSame();
        const { planHash, root, removal, total, biggest, problems } = found;
        const plan = {
          ...{ runId, planHash, root, removal, identity: before.identity },
          ...(problems.count > 0 && { problems }),
        };
        const verdict = await judge(
          { estate: loaded.estate.estate, state, operators: loaded.estate.operators },
          {
            ...{ job: request.job, runId, biggest, approval: request.approval },
            plan: { planHash, removal, commonPath: Buffer.from(found.commonPath, 'base64') },
            exceeded: exceededLimits(job.limits, { deletes: removal, total }),
            release: () => state.write(planFile(request.job), plan),
          },
        );
        if (verdict.released) return released(plan);
        return { released: false, hold: holdNotice(verdict.hold, { estateFile: loaded.file }), biggest };
      }),

    /**
     * Deletes what the plan that this run released names, each only if it is still what the plan saw. Safe to retry:
     * another attempt goes on with the same plan.
     */
    deleteOld: (request: JobRequest): Promise<Omit<PurgeResult, 'hold'>> =>
      patiently('delete', nextDueOf(current, request.job), async (tell, signal) => {
        const { volume, before, place, requireSame, lock } = await prepare(request, signal);
        const plan = await state.read(planFile(request.job), ReleasedPlan);
        if (plan?.runId !== currentRun().runId) {
          throw new FtsError(
            'StateCorrupt',
            `the plan of this run is not in ${state.path(planFile(request.job))}`,
            'run the job again: it plans anew',
          );
        }
        requireSameTree(volume, plan.identity, before, 'purge');
        const resumed = plan.startedAt !== undefined;
        if (!resumed)
          await state.write(planFile(request.job), { ...plan, startedAt: new Date().toISOString() });
        const { files: totalFiles, bytes: totalBytes } = plan.removal;
        const { deleted, changed, problems } = await remove(
          { ...place, resumed, planHash: plan.planHash, root: plan.root },
          {
            lock,
            signal,
            tell: (progress) => tell({ phase: 'delete', totalFiles, totalBytes, ...progress }),
          },
        );
        await requireSame();
        const all = joined(plan.problems, problems);
        return { deleted, ...(changed > 0 && { changed }), ...(all.count > 0 && { problems: all }) };
      }),
  };
};

export type PurgeActivities = ReturnType<typeof createPurgeActivities>;

const released = ({
  removal,
  problems,
}: Pick<z.infer<typeof ReleasedPlan>, 'removal' | 'problems'>): PlannedPurge => ({
  released: true,
  removal,
  ...(problems && { problems }),
});

/** At most so many are named in a result. */
const NAMED_PROBLEMS = 25;

const joined = (some: PurgeProblems | undefined, more: PurgeProblems): PurgeProblems => ({
  count: (some?.count ?? 0) + more.count,
  first: [...(some?.first ?? []), ...more.first].slice(0, NAMED_PROBLEMS),
});

function purgeJob(name: string, job: Job): Extract<Job, { kind: 'purge' }> {
  if (job.kind === 'purge') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a purge`);
}
