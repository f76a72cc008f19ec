/** One thing that is measured. A ratio is ours over the bare tools'; each of `values` is of one round. */
export interface Figure {
  name: string;
  unit: 'ratio' | 'MB' | 'events' | 'bytes';
  values: number[];
  /** What it may be at most; absent where nothing was promised. */
  limit?: number;
  /** Medians behind a ratio (seconds). */
  ours?: number;
  bare?: number;
  /** What exactly was done, or what there is to know. */
  note?: string;
}

/** Something that could not be measured here, and why. */
export interface Skipped {
  name: string;
  skipped: string;
}

export type Measured = Figure | Skipped;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** Seconds that each side took, round by round. */
export interface Rounds {
  ours: number[];
  bare: number[];
}

/**
 * The ratio of each round, whose two sides ran one after the other: what else the machine did weighs on both. Their
 * median is the figure.
 */
export const ratio = (
  name: string,
  { ours, bare }: Rounds,
  rest: Pick<Figure, 'limit' | 'note'> = {},
): Figure => ({
  name,
  unit: 'ratio',
  values: ours.map((seconds, round) => seconds / (bare[round] ?? NaN)),
  ours: median(ours),
  bare: median(bare),
  ...rest,
});

export const isOver = ({ values, limit }: Figure): boolean => limit !== undefined && median(values) > limit;
