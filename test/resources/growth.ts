import { type Sample, isMemory } from './sample.js';

/** The samples of so many runs in a row. */
export interface Window {
  /** Runs up to its end. */
  runs: number;
  samples: Sample[];
}

export interface Growth {
  figure: string;
  said: string;
}

/**
 * From one window to another, of which the second is the later one, both after everything was used for the first time.
 * A number of things has grown if there were never as few in the later window as there were at most in the earlier one: a
 * thing that each run leaves behind shows whatever else comes and goes. Memory has grown if its median has by more than
 * `memoryBytes`.
 */
export function growthBetween(earlier: Window, later: Window, memoryBytes: number): Growth[] {
  return figuresOf(earlier).flatMap((figure): Growth[] => {
    const [before, after] = [valuesOf(earlier, figure), valuesOf(later, figure)];
    const [least, most] = [Math.min(...after), Math.max(...before)];
    if (isMemory(figure)) {
      const [from, to] = [median(before), median(after)];
      return to - from > memoryBytes ? [{ figure, said: `${mib(from)} became ${mib(to)}` }] : [];
    }
    return least > most ? [{ figure, said: `at most ${String(most)} became at least ${String(least)}` }] : [];
  });
}

export const figuresOf = ({ samples: [first] }: Window): string[] => Object.keys(first ?? {});

export const valuesOf = ({ samples }: Window, figure: string): number[] =>
  samples.map((sample) => sample[figure] ?? 0);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
