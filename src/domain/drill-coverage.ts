import type { DrillCoverage, LastDrilled } from './drill.js';

/** In so many days every project is drilled at least once, unless the job declares its own `cycle`. */
export const DRILL_CYCLE_SECONDS = 90 * 24 * 3600;

/** A drill without a cron is taken to be run this often. */
export const DRILL_GAP_SECONDS = 7 * 24 * 3600;

const DAY_SECONDS = 24 * 3600;

/**
 * The project that a file of a volume belongs to: the folder directly below one of the volume's declared folders (or
 * below a graduation's `from`), else the one directly below the root. Undefined for a file that lies in none.
 */
export function projectOf(
  names: readonly string[],
  folders: readonly (readonly string[])[],
): string | undefined {
  const within = folders.filter((folder) => folder.every((name, index) => names[index] === name));
  const depth = Math.max(0, ...within.map((folder) => folder.length));
  return names.length > depth + 1 ? names.slice(0, depth + 1).join('/') : undefined;
}

export interface Cadence {
  /** Milliseconds since the epoch. */
  now: number;
  cycleSeconds: number;
  /** Between two drills. */
  gapSeconds: number;
}

/** When those projects were drilled; what is yet to come was told by a clock that was ahead, and counts as never. */
export const drilledBefore = (
  drilled: readonly (readonly [string, string])[],
  projects: readonly string[],
  now: Date,
): Map<string, string> =>
  new Map(drilled.filter(([project, at]) => projects.includes(project) && Date.parse(at) <= now.getTime()));

/**
 * The projects that this drill has to look at, so that all of them are looked at within the cycle even if one run
 * of it is missed: those that were not for longest, the never drilled first, and all whose time would be over before the run
 * after the next. `projects` come in random order.
 */
export function projectsDue(projects: readonly string[], last: LastDrilled, cadence: Cadence): string[] {
  const { now, cycleSeconds, gapSeconds } = cadence;
  const runs = Math.max(1, Math.floor(cycleSeconds / gapSeconds) - 1);
  const share = Math.ceil(projects.length / runs);
  const latest = now + (2 * gapSeconds - cycleSeconds) * 1000;
  const drilledAt = (project: string): number => Date.parse(last.get(project) ?? '') || 0;
  const byTime = projects
    .map((project) => ({ project, at: drilledAt(project) }))
    .sort((one, other) => one.at - other.at); // stable: chance decides among the equal
  return byTime
    .filter(({ at }, index) => index < share || (at > 0 && at < latest))
    .map(({ project }) => project);
}

/** What is covered at this time. */
export function coverageOf(
  projects: readonly string[],
  last: LastDrilled,
  { now, cycleSeconds }: Omit<Cadence, 'gapSeconds'>,
): DrillCoverage {
  const since = now - cycleSeconds * 1000;
  const drilled = projects.filter((project) => Date.parse(last.get(project) ?? '') >= since);
  return { projects: projects.length, drilled: drilled.length, cycleDays: cycleSeconds / DAY_SECONDS };
}
