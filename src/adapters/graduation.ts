import type { LoadedEstate } from '../estate/load.js';
import { volumeRoot } from '../estate/lookup.js';
import { splitVolumePath } from '../estate/paths.js';
import { crashPoint } from './crash-point.js';
import type { GraduationStep } from './graduation/context.js';
import { openJournal } from './graduation/journal.js';
import { type GraduationOrder, type GraduationSetting, graduate } from './graduation/run.js';
import { sweepSource } from './graduation/sweep.js';
import { createTally, type TallyReport } from './graduation/tally.js';
import { lockPath } from './locks.js';
import { whileLocked } from './project/lock.js';
import { refuseClockStep } from './purge/clock.js';
import type { State } from './state.js';

/** All of a graduation that touches the disks of a host. */
export const createGraduation = (state: State) => ({
  /** One graduation at a time out of a folder, whichever job it is. Fails with `Busy`. */
  exclusively: async <T>(loaded: LoadedEstate, { from }: { from: string }, work: () => Promise<T>) => {
    const root = volumeRoot(loaded, splitVolumePath(from).volume);
    const { estate } = loaded.estate;
    const lockable = { name: 'graduation', location: `${root}/${from}`, volumeRoot: root };
    return whileLocked(await lockPath(lockable, { estate, state }), work);
  },
  openJournal: (job: string) => openJournal(state, job),
  requireSteadyClock: (now: number) => refuseClockStep(state, { now }),
  sweep: sweepSource,
  onStep: (step: GraduationStep) => {
    crashPoint('graduation', step);
  },
  graduate: (setting: GraduationSetting, order: GraduationOrder, report: TallyReport) =>
    graduate(setting, order, createTally(report)),
});
