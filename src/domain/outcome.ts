/** How a run ended. Only `complete` counts as success, anywhere. */
export const OUTCOMES = ['complete', 'partial', 'held', 'skipped', 'failed', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Exit codes of `fts`. */
export const ExitCode = {
  complete: 0,
  unhealthy: 1,
  usage: 2,
  unreachable: 3,
  held: 4,
  skipped: 5,
  interrupted: 130,
} as const;

export function exitCodeOf(outcome: Outcome): number {
  switch (outcome) {
    case 'complete':
      return ExitCode.complete;
    case 'held':
      return ExitCode.held;
    case 'skipped':
      return ExitCode.skipped;
    case 'partial':
    case 'failed':
    case 'cancelled':
      return ExitCode.unhealthy;
  }
}
