import type { LoadedEstate } from '../../estate/load.js';
import type { RcloneRemote } from '../rclone-remote.js';
import type { ResticRepository } from '../restic/repository.js';
import type { RestoreContext } from './context.js';
import type { State } from '../state.js';

/** What a volume's guard says that a restore has to know. Bytes. */
export interface RestoreVolume {
  mountpoint: string;
  totalBytes?: number;
  freeBytes?: number;
}

/** What every step of a restore begins with. */
export interface RestoreSetting extends RestoreContext {
  loaded: LoadedEstate;
  host: string;
  state: State;
  now: () => Date;
  open: (repository: string) => Promise<ResticRepository>;
  openRemote: (remote: string) => Promise<RcloneRemote>;
  /** Fails with `VolumeUnavailable` unless the volume is the declared one, alive, and the one it was at first. */
  requireVolume: (volume: string, options?: { readOnly?: boolean }) => Promise<RestoreVolume>;
  /** What has to stay free on a filesystem (bytes). */
  reserveOf: (volume: RestoreVolume) => number;
}
