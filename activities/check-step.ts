import type { MirrorCheck } from '../src/adapters/mirror/check.js';
import type { RcloneRemote } from '../src/adapters/rclone-remote.js';
import type { ResticCheckCall, ResticFindings } from '../src/adapters/restic/check.js';
import type { State } from '../src/adapters/state.js';
import type { JobRecord } from '../src/domain/job-record.js';
import type { LoadedEstate } from '../src/estate/load.js';
import type { Guard } from './admission.js';
import type { Report } from './patience.js';
import type { OpenRepository } from './restic-step.js';

export interface CheckDependencies {
  host: string;
  current: () => Promise<LoadedEstate>;
  guard: (loaded: LoadedEstate) => Guard;
  state: State;
  open: (loaded: LoadedEstate, repository: string) => Promise<OpenRepository>;
  checkWithRestic: (call: ResticCheckCall) => Promise<ResticFindings>;
  /** An empty folder for one check of a repository. */
  withCache: <T>(job: string, work: (folder: string) => Promise<T>) => Promise<T>;
  openRemote: (loaded: LoadedEstate, remote: string, volumeRoot: string) => Promise<RcloneRemote>;
  mirrorCheck: MirrorCheck;
  /** What the host recorded of a job's runs. */
  recordOf: (job: string) => Promise<JobRecord | undefined>;
}

/** What a check begins with. */
export interface CheckStep {
  loaded: LoadedEstate;
  jobName: string;
  job: { readData?: number | undefined };
  guarded: Guard;
  tell: Report;
  signal: AbortSignal;
}
