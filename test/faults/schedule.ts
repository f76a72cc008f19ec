import type { Fault } from './fault.js';
import type { Random } from './seeded.js';

/** One fault at one moment of a run. */
export interface Point {
  fault: Fault;
  /** What has to come up after the point before, */
  moment: string;
  /** how often, */
  count: number;
  /** and how long ago that has to be (milliseconds). */
  delayMs: number;
  /** How long the fault lasts (milliseconds). */
  lastsMs: number;
}

/** What can be seen of a run, and how often it comes up in one without faults, about. */
export type Moments = Readonly<Record<string, number>>;

/** Moments that are over within milliseconds: what is to hit them comes at once. */
export const BRIEF = { inBothPlaces: 'in both places', hiddenOnly: 'hidden and not on record' } as const;
const isBrief = (moment: string): boolean => (Object.values(BRIEF) as string[]).includes(moment);

const MOST_POINTS = 3;
const MOST_DELAY_MS = 120;
const LONG_DELAY_MS = 2500;
const LONG_DELAYS = 0.15;
const AT_ONCE = 0.35;

/** Draws the points of one run, at most three, and gives the first `most`. Nothing comes after a fault that outlasts the run. */
export function drawPoints(
  random: Random,
  { faults, moments, most }: { faults: readonly Fault[]; moments: Moments; most: number },
): Point[] {
  const points: Point[] = [];
  if (faults.length === 0) return points;
  for (let count = random.int(1, MOST_POINTS); count > 0; count -= 1) {
    const fault = drawFault(random, faults);
    const [moment, times] = random.pick(Object.entries(moments));
    const delayMs = drawDelay(random);
    points.push({
      fault,
      moment,
      count: points.length === 0 ? random.int(1, times) : 1,
      delayMs: isBrief(moment) ? 0 : delayMs,
      lastsMs: random.int(...(fault.lasts as [number, number])),
    });
    if (fault.outlastsRun) break;
  }
  return points.slice(0, most);
}

function drawFault(random: Random, faults: readonly Fault[]): Fault {
  let left = random.next() * faults.reduce((sum, { weight }) => sum + weight, 0);
  return faults.find(({ weight }) => (left -= weight) < 0) ?? random.pick(faults);
}

function drawDelay(random: Random): number {
  if (random.chance(AT_ONCE)) return 0;
  return random.int(0, random.chance(LONG_DELAYS) ? LONG_DELAY_MS : MOST_DELAY_MS);
}
