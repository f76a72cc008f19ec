import type { NamedProblem } from './job.js';

/** What is read is told apart in so many groups: restic by the first byte of a pack's id, a mirror by that of a name's hash. */
export const GROUPS = 256;

/** Share of the data that a run of a check reads where the estate says nothing. */
const READ_DATA = 1 / 28;

/** One of `of` parts, counted from 1, as restic's `--read-data-subset` has it: of the groups every `of`-th. */
export interface Subset {
  part: number;
  of: number;
}

/** When each group was last read as a whole (RFC 3339 UTC, its beginning); null for one that never was. */
export type Readings = readonly (string | null)[];

/** How much was ever read, and how long ago the oldest of it was read (days); null before anything was. */
export interface Covered {
  share: number;
  sinceDays: number | null;
}

/** Result of a check. */
export interface CheckResult {
  /** Which part was read: `3/28`. */
  subset: string;
  covered: Covered;
  errors: number;
  /** The first of the errors. */
  first?: NamedProblem[];
  /** Of a mirror's check: what was compared byte for byte. */
  compared?: { files: number; bytes: number };
  /** Why nothing of the mirror could be checked yet. */
  notYet?: string;
  /** Files of the part that changed or went since the mirror's last run, and count as no error. */
  changed?: number;
}

/** In how many parts the data is read: the fewest runs that read at least this share each. */
export function partsFor(readData: number = READ_DATA): number {
  return Math.min(GROUPS, Math.max(1, Math.floor(1 / readData + 1e-6)));
}

/** Which groups a part has. */
export const groupsOf = ({ part, of }: Subset): number[] =>
  Array.from({ length: GROUPS }, (_, group) => group).filter((group) => group % of === part - 1);

/** Nothing was read yet. */
export const UNREAD: Readings = Array.from({ length: GROUPS }, () => null);

/** Without readings that are yet to come: told by a clock that was ahead, they would put their part off until then. */
export const readBy = (readings: Readings, now: Date): Readings =>
  readings.map((at) => (at !== null && Date.parse(at) > now.getTime() ? null : at));

/** The part whose reading is the oldest; one with a group that was never read comes first. */
export function nextSubset(readings: Readings, of: number): Subset {
  const oldest = (subset: Subset): number =>
    Math.min(...groupsOf(subset).map((group) => timeOf(readings[group]) ?? -Infinity));
  const parts = Array.from({ length: of }, (_, index): Subset => ({ part: index + 1, of }));
  const [first = { part: 1, of }, ...others] = parts;
  return others.reduce((best, subset) => (oldest(subset) < oldest(best) ? subset : best), first);
}

/** The readings after a part was read that began then. */
export const withReading = (readings: Readings, subset: Subset, at: Date): Readings => {
  const read = new Set(groupsOf(subset));
  return readings.map((before, group) => (read.has(group) ? at.toISOString() : before));
};

const DAY_MS = 86_400_000;

export function coverage(readings: Readings, now: Date): Covered {
  const times = readings.map(timeOf).filter((time) => time !== undefined);
  if (times.length === 0) return { share: 0, sinceDays: null };
  return {
    share: Math.round((times.length / GROUPS) * 1000) / 1000,
    sinceDays: Math.max(0, Math.round(((now.getTime() - Math.min(...times)) / DAY_MS) * 100) / 100),
  };
}

const timeOf = (at: string | null | undefined): number | undefined =>
  typeof at === 'string' ? Date.parse(at) : undefined;

export const subsetText = ({ part, of }: Subset): string => `${String(part)}/${String(of)}`;
