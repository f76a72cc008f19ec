import { join } from 'node:path';
import type { Removal } from '../domain/hold.js';
import { type Held, type LargeFile, type MirrorPlan, UPLOAD_CLASSES } from '../domain/mirror.js';
import { type DeletionCall, type Deletion, deletePlanned } from './mirror/delete.js';
import { mirrorFiles, noteReleased, readPlan } from './mirror/files.js';
import { listRemote } from './mirror/listing.js';
import { bringManifest } from './mirror/manifest.js';
import { type MirrorOwner, claim, requireOwn } from './mirror/owner.js';
import { requireAsPlanned } from './mirror/lists-planned.js';
import { movedInVain } from './mirror/moved.js';
import type { MirrorPlace } from './mirror/place.js';
import { type PlanMirrorRequest, planMirror } from './mirror/plan.js';
import { type MirrorProblems, ProblemCollector, failedNames } from './mirror/problems.js';
import { type UploadCall, uploadPlanned } from './mirror/upload.js';
import { verifySample } from './mirror/verify.js';
import { bytesOf, liesBelow } from './mirror/lists.js';
import { type RcloneRemote, identityOf } from './rclone-remote.js';
import type { RcloneProgress } from './rclone.js';
import type { State } from './state.js';

/** What every step that carries out a plan is given. */
export interface MirrorStep {
  job: string;
  remote: RcloneRemote;
  owner: MirrorOwner;
  /** Root of the volume. */
  root: string;
  plan: MirrorPlan;
  /** What of the plan waits for a person, and is not done. */
  held: Held;
  /** Restic repositories that wait for the next run, relative to the volume's root. */
  postponed: readonly string[];
  signal: AbortSignal;
  /** Fails when the volume is not the one that the attempt began with. */
  guard: () => Promise<void>;
  tell: (progress: RcloneProgress) => void;
}

export interface UploadStep extends MirrorStep, Pick<UploadCall, 'bandwidth' | 'onWaiting'> {
  /** Folders of the restic repositories on the volume, relative to its root. */
  repositories: readonly string[];
  /** An earlier attempt of this run began. */
  resumed: boolean;
  /** Report on the host that names all that could not be read. */
  report: string;
}

export interface Uploaded {
  transferred: Removal;
  postponed: string[];
  unreadable?: MirrorProblems;
}

/** What a mirror does on this host, for its activities. */
export const createMirror = (state: State) => {
  const placeOf = ({ job, remote, root, plan, signal }: MirrorStep): MirrorPlace => ({
    ...{
      remote,
      root,
      signal,
      files: mirrorFiles(state, job),
      filter: plan.filter,
      total: plan.remote.files,
    },
  });
  return {
    /** See `planMirror`. */
    plan: (request: Omit<PlanMirrorRequest, 'state'>): Promise<MirrorPlan> =>
      planMirror({ ...request, state }),

    /** The plan that the job made last. */
    planOf: (job: string): Promise<MirrorPlan | undefined> => readPlan(state, job),

    /** Notes that a plan may be carried out as a whole. */
    release: (job: string, plan: MirrorPlan, remote: RcloneRemote): Promise<void> =>
      noteReleased(state, job, { ...plan, remote: identityOf(remote) }),

    /** See `uploadPlanned`; the owner's mark goes first (`claim`), the metadata manifest last. */
    upload: async (step: UploadStep): Promise<Uploaded> => {
      const { plan, held, resumed, report, signal } = step;
      const place = placeOf(step);
      await requireAsPlanned(place.files, plan);
      if (plan.unowned) await claim({ ...place, owner: step.owner });
      const remoteNow = join(place.files.folder, 'remote-now.tsv');
      if (resumed) await listRemote(step.remote, { file: remoteNow, signal });
      const problems = new ProblemCollector();
      const { transferred, postponed } = await uploadPlanned({
        ...step,
        ...{ place, precisionNs: plan.precisionNs, remoteNow: resumed ? remoteNow : undefined },
        overwrite: held !== 'losses',
        postponed: step.postponed.map(bytesOf),
        onProblem: (problem) => {
          problems.add(problem);
        },
      });
      await step.guard();
      await bringManifest({
        ...{ ...step, manifest: plan.manifest, folder: place.files.folder, state },
        waits: held !== 'nothing',
      });
      for (const problem of plan.manifest.unreadable?.first ?? []) problems.addNamed(problem);
      const unreadable = await problems.finish(place.files, report);
      return {
        transferred,
        postponed: postponed.map((folder) => Buffer.from(folder, 'latin1').toString()),
        ...(unreadable && { unreadable }),
      };
    },

    /** See `deletePlanned`. Nothing is deleted from what became another's mirror since the plan. */
    remove: async (
      step: MirrorStep & Pick<DeletionCall, 'keep'> & { from: Deletion | undefined },
    ): Promise<Deletion> => {
      const place = placeOf(step);
      await requireAsPlanned(place.files, step.plan);
      await requireOwn({ ...place, owner: step.owner });
      return deletePlanned({
        ...{ ...step, place, postponed: step.postponed.map(bytesOf) },
        mayBeMoved: await movedInVain(place.files, step.plan.precisionNs),
      });
    },

    /** See `verifySample`. */
    verify: async (step: MirrorStep): Promise<Removal> => {
      const place = placeOf(step);
      const { files } = place;
      const { plan } = step;
      const some = (lists: readonly [string, Removal | undefined][]): string[] =>
        lists.filter(([, removal]) => removal?.files !== 0).map(([list]) => list);
      const added = some(UPLOAD_CLASSES.map((kind) => [files.new(kind), plan.new[kind - 1]]));
      const changed = UPLOAD_CLASSES.map((kind) => [files.changed(kind), plan.changed[kind - 1]] as const);
      const overwritten = some([
        ...changed.map(([list, removal]): [string, Removal | undefined] => [list, removal]),
        [files.touched, plan.touched],
      ]);
      const failed = await failedNames(files);
      const postponed = step.postponed.map(bytesOf);
      const isLeftOut = ({ name }: LargeFile): boolean => failed.has(name) || liesBelow(postponed, name);
      return verifySample({
        place,
        sample: {
          uploaded: step.held === 'losses' ? added : [...added, ...overwritten],
          differing: [...added, ...overwritten],
          ...{ failed, postponed },
        },
        doubtful: plan.doubtful ?? [],
        large: plan.large && !isLeftOut(plan.large) ? plan.large : undefined,
        tell: step.tell,
      });
    },
  };
};
export type Mirror = ReturnType<typeof createMirror>;
