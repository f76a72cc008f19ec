import { expect, it } from 'vitest';
import { playHarness } from './played.js';

/** The harness itself gives up on a run before. */
const PATIENCE_MS = 600_000;

/** A part of what `npm run test:faults` does: one or two runs of each scenario, side by side. */
it(
  'every invariant holds while workers, tools and the Temporal server are killed',
  async () => {
    const killing = ['kill-host', 'kill-control', 'kill-tool', 'kill-temporal'].flatMap((name) => [
      '--fault',
      name,
    ]);
    const harness = playHarness('--seed', '5', '--points', '2', '--lanes', '2', ...killing);
    const { summary, told } = await harness.ended;
    expect(summary?.failures, told).toEqual([]);
    expect(summary?.landed, told).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);
