import { setTimeout as sleep } from 'node:timers/promises';
import { FtsError } from '../../domain/failures.js';
import type { LoadedEstate } from '../../estate/load.js';
import type { State } from '../state.js';
import { faultProblem } from './fault.js';
import { examineMount, type VolumeProblem, type VolumeState } from './mount.js';
import { volumePlace } from './place.js';
import { probeRoot } from './probe-run.js';
import { currentBoot, readVolumeRecord } from './record.js';
import { expectedRoot, judge, otherFilesystem, withHint } from './verdict.js';

/** What a volume is like at this moment. */
export interface VolumeCondition {
  volume: string;
  host: string;
  state: VolumeState;
  /** Absolute. */
  mountpoint: string;
  totalBytes?: number;
  /** What the worker's user may still write. */
  freeBytes?: number;
  /** For people. */
  found: string;
  hint?: string;
  /** Changes when the tree at the mountpoint is swapped or mounted anew. Only of a healthy volume. */
  identity?: string;
}

export interface RequireOptions {
  signal?: AbortSignal;
  /** Nothing will be written, by this look neither: a volume that is healthy but for being read-only will do. */
  readOnly?: boolean;
}

export interface VolumeGuard {
  /**
   * Looks once. `write` also writes and syncs a file, if the volume is the declared one. `onProbe` is told when the
   * program that looks into the root has been started, if it comes to that. Fails with `UnknownVolume`.
   */
  inspect(volume: string, options: { write: boolean; onProbe?: () => void }): Promise<VolumeCondition>;
  /**
   * Answers for a healthy volume only, written to and read from the disk itself; else fails with
   * `VolumeUnavailable`, within 60 s, or `StateCorrupt`.
   */
  require(volume: string, options?: RequireOptions): Promise<VolumeCondition>;
}

export interface VolumeGuardOptions {
  state: State;
  loaded: LoadedEstate;
  /** How long a disk may take to answer. */
  deadlineMs?: number;
  /** Waits before the further looks at a volume that may heal. With three looks of 10 s all is over in 45 s. */
  retryDelaysMs?: readonly number[];
}

/** States that may heal while one waits: a mount on its way, a disk that wakes up. */
const MAY_HEAL: ReadonlySet<VolumeState> = new Set<VolumeState>(['missing', 'dead', 'unknown']);

/** No job reads or writes a volume that this has not answered for (invariant 1). */
export function createVolumeGuard({
  state,
  loaded,
  deadlineMs = 10_000,
  retryDelaysMs = [5_000, 10_000],
}: VolumeGuardOptions): VolumeGuard {
  const { estate } = loaded.estate;

  /** Fails with `StateCorrupt` when the host's record cannot be read. */
  async function examine(volume: string, write: boolean, onProbe?: () => void): Promise<VolumeCondition> {
    const { declared, mountpoint } = volumePlace(loaded, volume);
    const about = { volume, host: declared.host, mountpoint };
    const until = Date.now() + deadlineMs;

    const record = await readVolumeRecord(state, volume);
    const ground = await examineMount(declared, mountpoint, deadlineMs);
    if ('state' in ground) {
      const problem = await lostDisk(ground, mountpoint, until - Date.now());
      return { ...about, ...withHint(volume, record, problem) };
    }
    const other = otherFilesystem(ground, record);
    if (other !== undefined) return { ...about, ...withHint(volume, record, other) };

    const expected = expectedRoot({ estate, volume, ground, record, boot: await currentBoot() });
    const canary = write && record !== undefined && !ground.readOnly;
    const probing = probeRoot({ root: mountpoint, ...(canary ? { expected } : {}) }, until - Date.now());
    onProbe?.();
    const report = await probing;
    const problem = judge({ report, ground, record, expected });
    if (problem !== undefined) return { ...about, ...report.space, ...withHint(volume, record, problem) };
    const identity = [ground.generation, report.root?.device, report.root?.inode].join('/');
    const source =
      ground.filesystemUuid === null
        ? 'the folder'
        : `${declared.filesystem} on ${String(ground.mount?.source)}`;
    return {
      ...about,
      ...report.space,
      state: 'healthy',
      found: `${source} answers and has its sentinel`,
      identity,
    };
  }

  return {
    async inspect(volume, { write, onProbe }) {
      try {
        return await examine(volume, write, onProbe);
      } catch (error) {
        if (!(error instanceof FtsError) || error.type !== 'StateCorrupt') throw error;
        const { declared, mountpoint } = volumePlace(loaded, volume);
        const { message: found, hint } = error;
        const about = { volume, host: declared.host, mountpoint };
        return { ...about, state: 'unknown', found, ...(hint === undefined ? {} : { hint }) };
      }
    },

    async require(volume, { signal, readOnly = false } = {}) {
      for (let look = 0; ; look += 1) {
        const condition = await examine(volume, !readOnly);
        if (condition.state === 'healthy' || (readOnly && condition.state === 'read-only')) return condition;
        const delay = retryDelaysMs[look];
        if (delay === undefined || !MAY_HEAL.has(condition.state)) throw unavailable(condition);
        await sleep(delay, undefined, { signal });
      }
    },
  };
}

/** A condition that is not healthy, as a failure. */
export function unavailable({
  volume,
  mountpoint,
  state,
  found,
  hint,
}: Pick<VolumeCondition, 'volume' | 'mountpoint' | 'state' | 'found' | 'hint'>): FtsError {
  return new FtsError('VolumeUnavailable', `volume ${volume} at ${mountpoint} is ${state}: ${found}`, hint);
}

/** A filesystem whose UUID nobody can tell may have lost its disk: then that is what is said. */
async function lostDisk(problem: VolumeProblem, root: string, deadlineMs: number): Promise<VolumeProblem> {
  if (problem.state !== 'unknown') return problem;
  const { fault } = await probeRoot({ root }, deadlineMs);
  const worse = fault && faultProblem(fault);
  return worse?.state === 'dead' ? worse : problem;
}
