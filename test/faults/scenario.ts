import type { FailureType } from '../../src/domain/failures.js';
import type { Fault } from './fault.js';
import type { Sense } from './observer.js';
import type { Remote } from './remote.js';
import type { Moments } from './schedule.js';
import type { Random } from './seeded.js';
import type { Declared, World } from './world.js';

/** How one request ended, by `fts run --json`: a word that the checks do not take for granted. */
export interface Answer {
  /** `refused`: nothing was begun, and there is no run. */
  outcome: string;
  /** Undefined if it was refused. */
  runId?: string;
  result: unknown;
  error?: { type: string; message: string };
}

/** One request in one world, under faults. */
export interface Round {
  job: string;
  /** What `fts` is asked for, in place of `run JOB`. */
  request?: readonly string[];
  senses: readonly Sense[];
  moments: Moments;
  faults: readonly Fault[];
  /** What is wrong just now. `atRest`: nothing of ours works on the disks. */
  look(atRest: boolean): Promise<string[]>;
  /** How a run has to end that no fault makes fail: an outcome, or the type of a failure. Complete if not said otherwise. */
  expects?: 'complete' | 'held' | FailureType;
  /** Whether a complete run has to be asked for again because the harness was in its way. */
  again?(): boolean;
  /** What is wrong after the request; `complete` is the last answer, the others came before. */
  atEnd(answers: readonly Answer[]): Promise<string[]>;
}

export interface Scenario {
  name: string;
  declare: (remote: Remote) => Declared;
  /** Prepares what the rounds have in common, in a new world. */
  begin: (world: World, random: Random) => Promise<Stage>;
}

export interface Stage {
  /** Prepares one round. The same seed gives the same round. */
  round(random: Random): Promise<Round>;
}
