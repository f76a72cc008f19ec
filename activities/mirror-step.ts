import { z } from 'zod';
import type { HoldSetting, PlanToJudge, Verdict } from '../src/adapters/holds.js';
import type { Mirror, MirrorStep } from '../src/adapters/mirror.js';
import type { RcloneRemote } from '../src/adapters/rclone-remote.js';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import type { JobRequest } from '../src/domain/job.js';
import { declaredJob } from '../src/estate/admission.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { volumeRoot } from '../src/estate/lookup.js';
import type { Job } from '../src/estate/schema.js';
import { type AdmissionDependencies, type Guard, refusal } from './admission.js';
import { currentRun } from './current-run.js';
import { requireSameTree } from './require-volumes.js';

export interface MirrorDependencies extends Pick<AdmissionDependencies, 'isBeingRebuilt'> {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  /** A remote with its secrets. Lives for one activity. Nothing touches the volume before `volumeReady` resolves. */
  open: (
    loaded: LoadedEstate,
    remote: string,
    volumeRoot: string,
    volumeReady?: Promise<unknown>,
  ) => Promise<RcloneRemote>;
  mirror: Mirror;
  judge: (setting: HoldSetting, asked: PlanToJudge) => Promise<Verdict>;
}

/** What the host decided about a plan; beside it, and only for the run that made it. */
export const Decision = z.object({
  runId: z.string(),
  held: z.enum(['nothing', 'deletions', 'losses']),
  hold: z
    .object({ reason: z.string(), planHash: z.string(), approveWith: z.string(), expiresAt: z.string() })
    .exactOptional(),
});
export type Decision = z.infer<typeof Decision>;

/** That an upload began, and what it left for the next run. */
export const UploadRecord = z.object({ runId: z.string(), postponed: z.array(z.string()) });

export const DeletionRecord = z.object({
  runId: z.string(),
  done: z.object({
    list: z.literal([1, 2, 3]),
    line: z.number(),
    files: z.number(),
    bytes: z.number(),
    returned: z.number(),
    left: z
      .object({
        count: z.number(),
        first: z.array(
          z.object({ path: z.string(), encoded: z.literal(true).exactOptional(), message: z.string() }),
        ),
      })
      .exactOptional(),
  }),
});

/** In the plan's folder, which goes when the job plans again. */
export const record = (job: string, what: 'decision' | 'upload' | 'deletion'): string =>
  `plans/${job}/${what}.json`;

/** What every activity of a mirror begins with. */
export const createMirrorStep = ({
  host,
  current,
  guard,
  state,
  open,
  mirror,
  isBeingRebuilt,
}: MirrorDependencies) => {
  /** The host's own declaration, a healthy volume and an open remote; afterwards, that it is the same volume still. */
  const prepare = async (request: JobRequest, signal: AbortSignal) => {
    const loaded = await current();
    const job = mirrorJob(request.job, declaredJob(loaded, host, request));
    const guarded = guard(loaded);
    const before = await guarded.require(job.volume, { signal });
    const remote = await open(loaded, job.remote, before.mountpoint);
    const owner = { estate: loaded.estate.estate, host, volume: job.volume };
    const requireSame = async (): Promise<void> => {
      requireSameTree(job.volume, before.identity, await guarded.require(job.volume, { signal }), 'mirror');
    };
    return { loaded, job, remote, owner, root: before.mountpoint, requireSame };
  };

  /**
   * As `prepare`, for the first step: a job that the host does not let run now is refused, with the reason. The remote is open while the
   * guard still looks at the volume: nothing touches that before `volume` resolves. Await it in any case.
   */
  const prepareFirst = async (request: JobRequest, signal: AbortSignal) => {
    const loaded = await current();
    const declared = declaredJob(loaded, host, request);
    const refused = await refusal({ isBeingRebuilt }, { loaded, job: declared, request });
    if (refused !== undefined) return { refused };
    const job = mirrorJob(request.job, declared);
    const guarded = guard(loaded);
    const root = volumeRoot(loaded, job.volume);
    const volume = guarded.require(job.volume, { signal });
    volume.catch(() => undefined); // whoever awaits it hears of it
    const remote = await orVolume(volume, open(loaded, job.remote, root, volume));
    const owner = { estate: loaded.estate.estate, host, volume: job.volume };
    const requireSame = async (): Promise<void> => {
      const { identity } = await volume;
      requireSameTree(job.volume, identity, await guarded.require(job.volume, { signal }), 'mirror');
    };
    return { loaded, job, remote, owner, root, requireSame, volume };
  };

  /** What carries out the plan that this run made. */
  const prepareStep = async (request: JobRequest, signal: AbortSignal, tell: MirrorStep['tell']) => {
    const { runId } = currentRun();
    const prepared = await prepare(request, signal);
    const { remote, owner, root, requireSame } = prepared;
    const plan = await mirror.planOf(request.job);
    const decision = await state.read(record(request.job, 'decision'), Decision);
    if (plan?.runId !== runId || decision?.runId !== runId) {
      throw new FtsError(
        'StateCorrupt',
        `the plan of this run is not in ${state.path('plans', request.job)}`,
        'run the job again: it plans anew',
      );
    }
    const upload = await state.read(record(request.job, 'upload'), UploadRecord);
    const postponed = upload?.runId === runId ? upload.postponed : (plan.postponed ?? []);
    const step: MirrorStep = {
      ...{ job: request.job, remote, owner, root, plan, postponed, signal, tell },
      held: decision.held,
      guard: requireSame,
    };
    return { ...prepared, runId, plan, decision, upload, step };
  };

  return { prepareFirst, prepareStep };
};

function mirrorJob(name: string, job: Job): Extract<Job, { kind: 'mirror' }> {
  if (job.kind === 'mirror') return job;
  throw new FtsError('UnknownJob', `job ${name} is a ${job.kind}, not a mirror`);
}

/** Waits for work, and for the guard's look at the volume if that fails: what the guard says goes before. */
export async function orVolume<T>(volume: Promise<unknown>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await volume;
    throw error;
  }
}

/** Does what needs the volume. If that fails because the volume is gone meanwhile, the guard says so in its place. */
export async function onVolume<T>(
  { guard, signal }: Pick<MirrorStep, 'guard' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) await guard();
    throw error;
  }
}
