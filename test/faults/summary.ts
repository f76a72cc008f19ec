import type { LaneLine } from './lane.js';

/** What a whole call of the harness came to. */
export interface Summary {
  seed: number;
  ok: boolean;
  points: number;
  landed: number;
  rounds: number;
  looks: number;
  /** By scenario and fault: how many were played, and landed. */
  faults: Record<string, { played: number; landed: number }>;
  failures: { scenario: string; round: number; replay: string; violations: string[] }[];
  played: LaneLine[];
}

export function summarise(seed: number, played: LaneLine[]): Summary {
  const points = played.flatMap(({ scenario, points: some }) => some.map((one) => ({ scenario, ...one })));
  const faults: Summary['faults'] = {};
  for (const { scenario, fault, landed } of points) {
    const entry = (faults[`${scenario} ${fault}`] ??= { played: 0, landed: 0 });
    entry.played += 1;
    if (landed) entry.landed += 1;
  }
  const failures = played
    .filter(({ violations }) => violations.length > 0)
    .map(({ scenario, round, violations }) => ({
      ...{ scenario, round, violations },
      replay: `npm run test:faults -- --seed ${String(seed)} --scenario ${scenario} --round ${String(round)}`,
    }));
  return {
    ...{ seed, ok: failures.length === 0 && played.length > 0 },
    points: points.length,
    landed: points.filter(({ landed }) => landed).length,
    rounds: played.length,
    looks: played.reduce((sum, { looks }) => sum + looks, 0),
    ...{ faults, failures, played },
  };
}

/** One round in a few lines: each point with its time, moment, fault and target. */
export function describeRound(seed: number, line: LaneLine): string {
  const { scenario, round, points, outcomes, seconds, looks, violations, evidence } = line;
  const told = points.map(({ at, moment, count, delayMs, fault, target, lastsMs, missed }) => {
    const when = `${moment} #${String(count)} +${String(delayMs)} ms`;
    return missed === undefined
      ? `  ${at ?? ''} ${when}: ${fault} on ${target ?? ''} for ${String(lastsMs)} ms`
      : `  missed: ${when}: ${fault}: ${missed}`;
  });
  const head = `seed ${String(seed)} ${scenario} round ${String(round)}: ${outcomes.join(', then ') || 'no end'}, ${seconds.toFixed(0)} s, ${String(looks)} looks`;
  const bad = violations.map((one) => `  VIOLATION: ${one}`);
  return [head, ...told, ...bad, ...(evidence === undefined ? [] : [`  evidence: ${evidence}`])].join('\n');
}

export function summaryText({ seed, ok, points, landed, rounds, looks, faults, failures }: Summary): string {
  const rows = Object.entries(faults).map(
    ([name, { played, landed: hits }]) => `  ${name}: ${String(hits)} of ${String(played)}`,
  );
  const bad = failures.map(({ replay, violations }) => `  ${replay}\n    ${violations.join('\n    ')}`);
  const counts = `${String(points)} points, ${String(landed)} landed, in ${String(rounds)} rounds; ${String(looks)} looks`;
  return [
    `seed ${String(seed)}: ${ok ? 'every invariant held' : `${String(failures.length)} rounds FAILED`}; ${counts}`,
    ...rows.sort(),
    ...bad,
  ].join('\n');
}
