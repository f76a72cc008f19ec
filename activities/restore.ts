import type { RcloneRemote } from '../src/adapters/rclone-remote.js';
import type { ResticRepository } from '../src/adapters/restic/repository.js';
import type { RestoreStep } from '../src/adapters/restore/context.js';
import type { RestoreRecord } from '../src/adapters/restore/record.js';
import type { RestoreSetting } from '../src/adapters/restore/setting.js';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import type {
  RestorePlan,
  RestoreRequest,
  RestoreResult,
  RestoreSource,
  RestoreStepRequest,
} from '../src/domain/restore.js';
import type { LoadedEstate } from '../src/estate/load.js';
import { requireSameDeclaration } from '../src/estate/restore-declaration.js';
import { type Guard, type GuardedVolume, reserveOf } from './admission.js';
import { patiently } from './patience.js';
import { requireSameTree } from './require-volumes.js';

/** What restores on the disk (`src/adapters/restore/`). */
export interface RestoreEngine {
  plan: (setting: RestoreSetting, request: RestoreRequest) => Promise<RestorePlan>;
  prepare: (setting: RestoreSetting, request: RestoreRequest) => Promise<RestoreSource>;
  read: (state: State, id: string) => Promise<RestoreRecord | undefined>;
  /** Brings what is asked for from its source into staging. */
  fetch: (setting: RestoreSetting, record: RestoreRecord) => Promise<RestoreRecord>;
  verify: (setting: RestoreSetting, record: RestoreRecord) => Promise<RestoreRecord>;
  publish: (setting: RestoreSetting, record: RestoreRecord) => Promise<RestoreResult>;
  /** Notes that it does not go on. */
  giveUp: (setting: RestoreSetting, id: string) => Promise<RestoreRecord | undefined>;
  /** Answers with what was done until then, if anything was. */
  discard: (setting: RestoreSetting, record: RestoreRecord) => Promise<RestoreResult | undefined>;
}

export interface RestoreDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  open: (loaded: LoadedEstate, repository: string) => Promise<ResticRepository>;
  openRemote: (loaded: LoadedEstate, remote: string) => Promise<RcloneRemote>;
  engine: RestoreEngine;
  /** Works while no other attempt works on the restore, or nobody else restores to its target. Fails with `Busy`. */
  exclusively: <T>(
    loaded: LoadedEstate,
    record: RestoreRecord,
    scope: 'staging' | 'target',
    work: () => Promise<T>,
  ) => Promise<T>;
  now?: () => Date;
  /** Called after each step on the disk; tests break off there. */
  onStep?: (step: RestoreStep) => void | Promise<void>;
}

export const createRestoreActivities = (dependencies: RestoreDependencies) => {
  const { engine, state, exclusively } = dependencies;

  const step = <T>(
    phase: string,
    work: (setting: RestoreSetting) => Promise<T>,
    { looksOnly = false } = {},
  ): Promise<T> =>
    patiently(phase, undefined, async (tell, signal) => {
      const loaded = await dependencies.current();
      return work(restoreSetting(dependencies, loaded, { tell, signal, looksOnly }));
    });

  /** A step of a restore that was prepared, by one at a time. */
  const recorded = <T>(
    phase: string,
    { estate, id }: RestoreStepRequest,
    scope: 'staging' | 'target',
    work: (setting: RestoreSetting, record: RestoreRecord) => Promise<T>,
  ): Promise<T> =>
    step(phase, async (setting) => {
      const find = () => findRecord(dependencies, setting, { estate, id });
      const found = await find();
      return exclusively(setting.loaded, found, scope, async () => work(setting, await find()));
    });

  return {
    /** Looks what a restore would do. Writes nothing; safe to retry. */
    planRestore: (request: RestoreRequest): Promise<RestorePlan> =>
      step('look', (setting) => engine.plan(setting, request), { looksOnly: true }),

    /** Settles which snapshot is meant and where it goes, and records it. Safe to retry: what is recorded stays. */
    prepareRestore: (request: RestoreRequest): Promise<RestoreSource> =>
      step('look', (setting) => engine.prepare(setting, request)),

    /** Brings all of it into staging. Safe to retry: what is there and right is not fetched again. */
    fetchRestore: (request: RestoreStepRequest): Promise<void> =>
      recorded('restore', request, 'staging', async (setting, record) => {
        if (record.step === 'prepared') await engine.fetch(setting, record);
      }),

    /** Compares what was fetched with what the snapshot says. Safe to retry. */
    verifyRestore: (request: RestoreStepRequest): Promise<void> =>
      recorded('verify', request, 'staging', async (setting, record) => {
        if (record.step === 'fetched') await engine.verify(setting, record);
      }),

    /** Gives it its place. Safe to retry: goes on where the last attempt ended, and tells the result again. */
    publishRestore: (request: RestoreStepRequest): Promise<RestoreResult> =>
      recorded('publish', request, 'target', (setting, record) => {
        if (record.step === 'verified' || record.step === 'published') return engine.publish(setting, record);
        throw new FtsError('NothingToVerify', `restore ${request.id} is published before it is verified`);
      }),

    /**
     * Removes what a restore that does not go on has in staging, and answers with what it did, if anything. What it
     * replaced stays kept. If its disk is away, the next restore there removes it. Safe to retry: what it did is recorded before.
     */
    discardRestore: (request: RestoreStepRequest): Promise<RestoreResult | undefined> =>
      step('clean up', async (setting) => {
        const found = await engine.read(state, request.id);
        if (found === undefined) return undefined;
        const givenUp = () => engine.giveUp(setting, request.id);
        await exclusively(setting.loaded, found, 'staging', givenUp); // whatever becomes of the rest
        return exclusively(setting.loaded, found, 'target', async () => {
          const record = await givenUp();
          return record && engine.discard(setting, record);
        });
      }),
  };
};

export type RestoreActivities = ReturnType<typeof createRestoreActivities>;

async function findRecord(
  { engine, state, host }: RestoreDependencies,
  { loaded }: RestoreSetting,
  { estate, id }: RestoreStepRequest,
): Promise<RestoreRecord> {
  const record = estate === loaded.estate.estate ? await engine.read(state, id) : undefined;
  if (record?.givenUp)
    throw new FtsError(
      'RequestInvalid',
      `restore ${id} was given up, and does not go on`,
      'start it anew: it does what is left',
    );
  if (record?.asked) requireSameDeclaration(loaded.estate, host, record.asked);
  if (record) return record;
  throw new FtsError('RequestInvalid', `host ${host} knows no restore ${id} of estate ${estate}`);
}

/** What a step begins with, by the estate as it is now. `looksOnly`: volumes need not be writable. */
export function restoreSetting(
  {
    host,
    guard,
    state,
    open,
    openRemote,
    now = () => new Date(),
    onStep = () => undefined,
  }: Omit<RestoreDependencies, 'engine' | 'exclusively'>,
  loaded: LoadedEstate,
  { tell, signal, looksOnly }: Pick<RestoreSetting, 'tell' | 'signal'> & { looksOnly: boolean },
): RestoreSetting {
  const guarded = guard(loaded);
  const seen = new Map<string, GuardedVolume>();
  return {
    ...{ loaded, host, state, signal, tell, now, onStep, reserveOf },
    open: (repository) => open(loaded, repository),
    openRemote: (remote) => openRemote(loaded, remote),
    requireVolume: async (volume, { readOnly = false } = {}) => {
      const found = await guarded.require(volume, { signal, readOnly: readOnly || looksOnly });
      const before = seen.get(volume);
      if (before) requireSameTree(volume, before.identity, found, 'restore');
      seen.set(volume, found);
      return found;
    },
  };
}
