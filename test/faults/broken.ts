import type { LaneLine } from './lane.js';

/** The report of a round in which the harness itself failed, and that says nothing about the product. */
export const brokenRound = (
  { scenario, round }: Pick<LaneLine, 'scenario' | 'round'>,
  said: string,
): LaneLine => ({
  ...{ scenario, round, broken: true },
  ...{ points: [], outcomes: [], looks: 0, seconds: 0, seen: {} },
  violations: [`the harness itself failed: ${said}`],
});
