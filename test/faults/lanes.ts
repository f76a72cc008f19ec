import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { HarnessArguments } from './arguments.js';
import type { LaneLine, LaneOrder, LaneRequest } from './lane.js';

/** Plays rounds, in as many lanes as asked for, until all points are played. Each scenario has its own rounds, from 1. */
export async function runLanes(
  { seed, points, scenarios, lanes, round, faults, untilFailure }: HarnessArguments,
  onRound: (line: LaneLine) => void,
): Promise<LaneLine[]> {
  const played: LaneLine[] = [];
  const children: ChildProcess[] = [];
  const left = new Map(scenarios.map((name, index) => [name, share(points, scenarios.length, index)]));
  const next = new Map(scenarios.map((name) => [name, round ?? 1]));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      left.clear();
      for (const child of children) child.kill('SIGTERM');
    });

  const lane = async (scenario: string): Promise<void> => {
    const order: LaneOrder = { seed, scenario, faults };
    const child = spawn(process.execPath, [join(import.meta.dirname, 'lane.js'), JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const ended = once(child, 'exit');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    for (;;) {
      const most = left.get(scenario) ?? 0;
      if (most <= 0) break;
      const number = next.get(scenario) ?? 1;
      if (round !== undefined && number > round) break;
      next.set(scenario, number + 1);
      // What is under way is counted as if it were two points, so that lanes do not play many more than asked for.
      left.set(scenario, most - Math.min(2, most));
      child.stdin.write(
        `${JSON.stringify({ round: number, most: Math.min(3, most) } satisfies LaneRequest)}\n`,
      );
      const line = await lines.next();
      if (line.done) throw new Error(`the lane of ${scenario} ended in round ${String(number)}`);
      const report = JSON.parse(line.value) as LaneLine;
      left.set(scenario, (left.get(scenario) ?? 0) + Math.min(2, most) - Math.max(1, report.points.length));
      played.push(report);
      onRound(report);
      if (report.broken) break;
      if (untilFailure && report.violations.length > 0) left.clear();
    }
    child.stdin.end();
    await ended;
  };
  const places = Array.from({ length: Math.max(lanes, scenarios.length) }, (_, index) => index);
  await Promise.all(places.map((index) => lane(scenarios[index % scenarios.length] ?? '')));
  return played.sort((a, b) => a.scenario.localeCompare(b.scenario) || a.round - b.round);
}

const share = (all: number, parts: number, index: number): number =>
  Math.floor(all / parts) + (index < all % parts ? 1 : 0);
