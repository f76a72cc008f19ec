import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { HarnessArguments } from './arguments.js';
import { brokenRound } from './broken.js';
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
      process.stderr.write(`got ${name}\n`);
      left.clear();
      for (const child of children) child.kill('SIGTERM');
    });

  const lane = async (scenario: string): Promise<void> => {
    const order: LaneOrder = { seed, scenario, faults };
    const child = spawn(process.execPath, [join(import.meta.dirname, 'lane.js'), JSON.stringify(order)], {
      stdio: 'pipe',
    });
    children.push(child);
    const ended = endOf(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    let isBroken = false;
    while (!isBroken) {
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
      const report = line.done
        ? brokenRound({ scenario, round: number }, `its lane ended with ${(await ended).said}`)
        : (JSON.parse(line.value) as LaneLine);
      isBroken = report.broken ?? false;
      left.set(scenario, (left.get(scenario) ?? 0) + Math.min(2, most) - Math.max(1, report.points.length));
      played.push(report);
      onRound(report);
      if (untilFailure && report.violations.length > 0) left.clear();
    }
    child.stdin.end();
    const { isGood, said } = await ended;
    if (isGood || isBroken) return;
    const report = brokenRound({ scenario, round: (next.get(scenario) ?? 1) - 1 }, `after it, ${said}`);
    played.push(report);
    onRound(report);
  };
  const places = Array.from({ length: Math.max(lanes, scenarios.length) }, (_, index) => index);
  await Promise.all(places.map((index) => lane(scenarios[index % scenarios.length] ?? '')));
  return played.sort((a, b) => a.scenario.localeCompare(b.scenario) || a.round - b.round);
}

/** So much of what a lane says is kept for when it ends too early (characters). */
const LAST_WORDS = 8000;

interface End {
  isGood: boolean;
  /** Exit code or signal, and its last words. */
  said: string;
}

/** Passes on what a lane says. Resolves when it has ended, in whatever way, and who cleans up after it, too. */
async function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    words = `${words}${chunk.toString()}`.slice(-LAST_WORDS);
  });
  child.stdin.on('error', () => undefined); // that it is gone is told by its end
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    const how = signal ?? `exit code ${String(code)}`;
    return { isGood: code === 0, said: words === '' ? `${how}, without a word` : `${how}:\n${words}` };
  } catch (error) {
    return { isGood: false, said: String(error) };
  }
}

const share = (all: number, parts: number, index: number): number =>
  Math.floor(all / parts) + (index < all % parts ? 1 : 0);
