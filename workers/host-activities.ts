import { createAdmissionActivities } from '../activities/admission.js';
import { createCheckActivities } from '../activities/check.js';
import { createDrillActivities } from '../activities/drill.js';
import { createGraduationActivities } from '../activities/graduation.js';
import { createPruneActivities } from '../activities/prune.js';
import { createMirrorActivities } from '../activities/mirror.js';
import { createPurgeActivities } from '../activities/purge.js';
import { createRebuildActivities } from '../activities/rebuild.js';
import { createRecallActivities } from '../activities/recall.js';
import { createRecordActivities } from '../activities/record.js';
import { createResticActivities } from '../activities/restic.js';
import { createRestoreActivities } from '../activities/restore.js';
import { createVolumeActivities } from '../activities/volumes.js';
import { withCheckFolder } from '../src/adapters/check-folder.js';
import { drillComparer } from '../src/adapters/drill/compare.js';
import { drillRepository } from '../src/adapters/drill.js';
import { createGraduation } from '../src/adapters/graduation.js';
import { judgePlan } from '../src/adapters/holds.js';
import { isMirrorUnderWay } from '../src/adapters/mirror/under-way.js';
import { lockPath } from '../src/adapters/locks.js';
import { createMirrorCheck } from '../src/adapters/mirror/check.js';
import { createMirror } from '../src/adapters/mirror.js';
import { prunedNames } from '../src/adapters/pruned-names.js';
import { refuseClockStep } from '../src/adapters/purge/clock.js';
import { deleteFromFolder, scanFolder } from '../src/adapters/purge/tool.js';
import { lastSnapshot, readJobRecord, writeJobRecord } from '../src/adapters/job-records.js';
import { openRemote } from '../src/adapters/rclone-remote.js';
import { realName } from '../src/adapters/real-name.js';
import { isBeingRebuilt } from '../src/adapters/rebuild/under-way.js';
import { rebuildEngine } from '../src/adapters/rebuild.js';
import { planRecall, recallProject } from '../src/adapters/recall.js';
import { openReport } from '../src/adapters/report.js';
import { clearHalfInit } from '../src/adapters/restic/half-init.js';
import { openRepository } from '../src/adapters/restic/repository.js';
import { repositoryInCache } from '../src/adapters/restic/cache.js';
import { checkWithRestic } from '../src/adapters/restic/check.js';
import { runRestic } from '../src/adapters/restic.js';
import { exclusiveRestore, restoreEngine } from '../src/adapters/restore.js';
import { createSecretResolver } from '../src/adapters/secrets.js';
import type { State } from '../src/adapters/state.js';
import { createVolumeGuard } from '../src/adapters/volume/guard.js';
import { safePath } from '../src/adapters/volume/path.js';
import { provisionVolume } from '../src/adapters/volume/provision.js';
import type { LoadedEstate } from '../src/estate/load.js';
import type { EstateSource } from '../src/estate/source.js';

export interface HostWorkerParts {
  host: string;
  estates: EstateSource;
  state: State;
}

/** Every activity of a host worker, with the real world behind it. */
export function createHostActivities({ host, estates, state }: HostWorkerParts) {
  const current = (): Promise<LoadedEstate> => estates.current();
  const guard = (loaded: LoadedEstate) => createVolumeGuard({ state, loaded });
  const openWithSecrets = (loaded: LoadedEstate, name: string) =>
    openRepository(loaded, name, { state, secrets: createSecretResolver(loaded, process.env) });
  const open = async (loaded: LoadedEstate, name: string) => {
    const repository = await openWithSecrets(loaded, name);
    return {
      run: (call: Parameters<typeof runRestic>[1]) => runRestic(repository, call),
      idHolding: (snapshotId: string) =>
        repositoryInCache(snapshotId, { ...process.env, ...repository.environment }),
      clearHalfInit: (since: number) => clearHalfInit(repository, since),
    };
  };
  const openMirrored = (
    loaded: LoadedEstate,
    remote: string,
    volumeRoot: string,
    volumeReady?: Promise<unknown>,
  ) =>
    openRemote(loaded, remote, {
      ...{ state, volumeRoot, ...(volumeReady && { volumeReady }) },
      secrets: createSecretResolver(loaded, process.env),
    });
  const admission = {
    ...{ host, current, guard },
    isBeingRebuilt: (volume: string) => isBeingRebuilt(state, volume, Date.now()),
  };
  const restoring = {
    ...{ host, current, guard, state, open: openWithSecrets },
    openRemote: (loaded: LoadedEstate, name: string) =>
      openRemote(loaded, name, { state, secrets: createSecretResolver(loaded, process.env) }),
  };
  return {
    ...createAdmissionActivities(admission),
    ...createResticActivities({
      ...{ ...admission, state, open, openReport, realName },
      lastSuccess: (job) => lastSnapshot(state, job),
      prunedNames: prunedNames(state),
    }),
    ...createPruneActivities({
      ...{ host, current, guard, state, open },
      isMirrorUnderWay: (job) => isMirrorUnderWay(state, job),
      prunedNames: prunedNames(state),
    }),
    ...createDrillActivities({
      ...{ host, current, guard, state, drill: drillRepository, comparer: drillComparer },
      openRepository: (loaded, repository) =>
        openRepository(loaded, repository, { state, secrets: createSecretResolver(loaded, process.env) }),
      now: () => new Date(),
      onStep: () => undefined,
    }),
    ...createGraduationActivities({
      ...createGraduation(state),
      ...{ host, current, guard, state, openReport, judge: judgePlan },
    }),
    ...createRecallActivities({
      ...createGraduation(state),
      ...{ host, current, guard, plan: planRecall, recall: recallProject },
    }),
    ...createPurgeActivities({
      ...{ host, current, guard, state, scan: scanFolder, remove: deleteFromFolder, judge: judgePlan },
      requireFolder: (root, path) => safePath(root, path, { mustExist: true }),
      requireClock: () => refuseClockStep(state, { now: Date.now() }),
      lock: (estate, job, { volumeRoot, path }) =>
        lockPath({ name: `purge-${job}`, location: `${volumeRoot}/${path}`, volumeRoot }, { estate, state }),
    }),
    ...createMirrorActivities({
      ...{ ...admission, state, mirror: createMirror(state), judge: judgePlan },
      open: openMirrored,
    }),
    ...createCheckActivities({
      ...{ host, current, guard, state, open, openRemote: openMirrored, checkWithRestic },
      mirrorCheck: createMirrorCheck(state),
      withCache: (job, work) => withCheckFolder(state, job, work),
      recordOf: (job) => readJobRecord(state, job),
    }),
    ...createRestoreActivities({
      ...restoring,
      ...{ engine: restoreEngine, exclusively: exclusiveRestore(state) },
    }),
    ...createRebuildActivities({ ...restoring, engine: rebuildEngine }),
    ...createRecordActivities({
      current,
      records: {
        read: (job) => readJobRecord(state, job),
        write: (record) => writeJobRecord(state, record),
      },
    }),
    ...createVolumeActivities({
      host,
      current,
      provision: (loaded, volume) => provisionVolume({ state, loaded, volume }),
    }),
  };
}
