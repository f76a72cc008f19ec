import type { FailureType } from '../../src/domain/failures.js';
import type { Random } from './seeded.js';
import type { World } from './world.js';

/** What a fault did. */
export interface Struck {
  /** For people, with the process id where there is one. */
  target: string;
  /** Whether nothing of ours touches a disk until it is lifted. */
  atRest: boolean;
  /** Makes it good again. */
  lift: () => Promise<void>;
  /** What went wrong in a way that nobody may wait for. */
  violations?: string[];
}

export interface Fault {
  name: string;
  /** How often it is chosen, relative to the others. */
  weight: number;
  /** What a run may end with because of it; a run with none of these must end as complete. */
  demands: readonly FailureType[];
  /** Lifted when the run has ended, not before; the next run then has to complete. */
  outlastsRun?: boolean;
  /** Whether nothing can be seen while it lasts. */
  blinds?: boolean;
  /** How long it lasts (milliseconds, least and most). */
  lasts: readonly [number, number];
  /** Why it cannot be done here. */
  missing?(world: World): string | undefined;
  /** Undefined where there was nothing to hit. Hits before its first `await`, so that the moment is the one observed. */
  strike(world: World, random: Random): Promise<Struck | undefined>;
}

export const needsDisks = ({ disks }: World): string | undefined =>
  disks ? undefined : 'needs root and loop devices';
