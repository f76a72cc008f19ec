import type { FailureType } from './failures.js';
import { formatDuration } from './units.js';

/** A restored file that is not what it should be. `path` is printable (`names.ts`), as the snapshot spells it. */
export interface DrillMismatch {
  path: string;
  encoded?: true;
  /** What it was compared with, and how it differs, for a person. */
  message: string;
}

/** What became of the file that every drill looks at. */
export interface DrillAnchor {
  path: string;
  encoded?: true;
  /** `new`: chosen by this drill; `gone`: the snapshot has it no more, and another was chosen. */
  state: 'new' | 'same' | 'changed' | 'gone';
}

/** What a drill of one snapshot found. Bytes, seconds, bytes a second. */
export interface DrilledSnapshot {
  snapshotId: string;
  snapshotAge: number;
  /** Older than this is too old; absent where nothing declares it. */
  snapshotMaxAge?: number;
  compared: { files: number; bytes: number };
  /** Of the compared files, those that were compared with the live one; the others with the snapshot's chunk ids. */
  comparedLive: number;
  mismatches: number;
  /** At most 25. */
  differing?: DrillMismatch[];
  /** Files of the sample that could not be restored or compared, such as one whose name restic's lists cannot carry. */
  notComparable: number;
  /** Whether a copy that was altered on purpose was found to be different, in each way of comparing that was used. */
  negativeControl: 'caught' | 'missed';
  bytesPerSecond: number;
  coverage: DrillCoverage;
  /** Nothing can be written where the repository is: it was read without a lock. */
  unlocked?: true;
  anchor?: DrillAnchor;
}

/** Projects of the snapshot, and those of them that were drilled within the cycle. */
export interface DrillCoverage {
  projects: number;
  drilled: number;
  cycleDays: number;
}

/** Which job made a snapshot, and of which volume, where that is known. */
export interface DrillSource {
  job?: string;
  volume?: string;
}

/** Result of a drill: the sum over the repository's snapshots; the snapshot named is the one that is nearest to being too old. */
export interface DrillResult extends DrilledSnapshot {
  /** One for each, if there are several. */
  snapshots?: (DrillSource & DrilledSnapshot)[];
}

/** A drill that succeeded, as the host remembers it: when a project was drilled last (RFC 3339). */
export type LastDrilled = ReadonlyMap<string, string>;

const MOST_NAMED = 25;

/** The whole of what was found in several snapshots. */
export function drillResult(found: readonly (DrillSource & DrilledSnapshot)[]): DrillResult {
  const byAge = [...found].sort((one, other) => strain(other) - strain(one));
  const [worst] = byAge;
  if (worst === undefined) throw new RangeError('a drill without a snapshot has no result');
  const { job: _job, volume: _volume, ...first } = worst;
  const [, ...others] = found;
  if (others.length === 0) return first;
  const sum = (of: (one: DrilledSnapshot) => number): number =>
    found.reduce((total, one) => total + of(one), 0);
  const seconds = sum(({ compared, bytesPerSecond }) =>
    bytesPerSecond > 0 ? compared.bytes / bytesPerSecond : 0,
  );
  const bytes = sum(({ compared }) => compared.bytes);
  const { anchor: _anchor, differing: _differing, ...rest } = first;
  const differing = found.flatMap((one) => one.differing ?? []).slice(0, MOST_NAMED);
  return {
    ...rest,
    compared: { files: sum(({ compared }) => compared.files), bytes },
    comparedLive: sum(({ comparedLive }) => comparedLive),
    mismatches: sum(({ mismatches }) => mismatches),
    ...(differing.length > 0 && { differing }),
    notComparable: sum(({ notComparable }) => notComparable),
    negativeControl: found.every(({ negativeControl }) => negativeControl === 'caught') ? 'caught' : 'missed',
    bytesPerSecond: seconds > 0 ? Math.round(bytes / seconds) : 0,
    coverage: {
      projects: sum(({ coverage }) => coverage.projects),
      drilled: sum(({ coverage }) => coverage.drilled),
      cycleDays: rest.coverage.cycleDays,
    },
    snapshots: found.map(({ differing: _named, ...one }) => one),
  };
}

/** How near to being too old, 1 being just so. */
const strain = ({ snapshotAge, snapshotMaxAge }: DrilledSnapshot): number =>
  snapshotMaxAge === undefined ? 0 : snapshotAge / snapshotMaxAge;

/** Why a drill did not succeed. */
export interface DrillProblem {
  type: FailureType;
  message: string;
  hint: string;
}

/** What is wrong with a drill's result; undefined if it may count as a success. */
export function drillProblem(result: DrillResult): DrillProblem | undefined {
  const { compared, mismatches, differing, negativeControl } = result;
  if (mismatches > 0) {
    const [example] = differing ?? [];
    const named = example === undefined ? '' : `, such as ${example.path}: ${example.message}`;
    return {
      type: 'VerificationFailed',
      message: `${String(mismatches)} restored ${mismatches === 1 ? 'file is' : 'files are'} not what was saved${named}`,
      hint: 'run `restic check --read-data` on the repository, and look at the drives that hold it and the volume',
    };
  }
  if (compared.files === 0) {
    return {
      type: 'NothingToVerify',
      message: `nothing of snapshot ${result.snapshotId.slice(0, 8)} could be compared`,
      hint: 'look at what the snapshot holds: `restic ls`',
    };
  }
  if (negativeControl === 'missed') {
    return {
      type: 'DrillBroken',
      message: 'the drill itself is broken: a copy that was altered on purpose passed for the original',
      hint: 'believe none of its results, and report it',
    };
  }
  const parts: readonly DrilledSnapshot[] = result.snapshots ?? [result];
  const old = parts.find(({ snapshotAge, snapshotMaxAge = Infinity }) => snapshotAge > snapshotMaxAge);
  if (old) {
    const [age, most] = [old.snapshotAge, old.snapshotMaxAge ?? 0].map(formatDuration);
    return {
      type: 'SnapshotTooOld',
      message: `the newest complete snapshot, ${old.snapshotId.slice(0, 8)}, is ${age ?? ''} old, and ${most ?? ''} is allowed`,
      hint: 'look why its job makes no newer one: `fts status`',
    };
  }
  return undefined;
}
