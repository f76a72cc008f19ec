import type { Progress } from '../../domain/progress.js';
import type { DeclaredSource, DrillTerms } from '../../estate/drill-sources.js';
import type { LoadedEstate } from '../../estate/load.js';
import type { DrillComparer } from './compare.js';
import type { ResticRepository } from '../restic/repository.js';
import type { State } from '../state.js';

/** Everything after which the disk is different; tests break off, or change the disk, there. */
export type DrillStep = 'scratch-empty' | 'restored' | 'compared' | 'scratch-removed' | 'recorded';

/** A volume of this host that is compared with, as the guard found it. */
export interface DrillVolume {
  root: string;
  /** What may be written to it; undefined if the system does not tell. */
  roomBytes: number | undefined;
}

/** What a drill works with. */
export interface DrillSetting {
  loaded: LoadedEstate;
  state: State;
  repository: ResticRepository;
  job: string;
  terms: DrillTerms;
  sources: readonly DeclaredSource[];
  /** By name. */
  volumes: ReadonlyMap<string, DrillVolume>;
  signal: AbortSignal;
  tell: (progress: Progress) => void;
  now: () => Date;
  comparer: DrillComparer;
  onStep: (step: DrillStep) => Promise<void> | void;
}
