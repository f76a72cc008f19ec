/**
 * One world at a time, as a process of its own, so that what one lane computes does not delay what another observes:
 * `node lane.js ORDER`. Reads numbers of rounds from standard input, one a line, and writes a `LaneLine` for each.
 */
import { createInterface } from 'node:readline';
import { brokenRound } from './broken.js';
import { keepEvidence } from './evidence.js';
import { playRound, type RoundReport } from './round.js';
import type { Scenario, Stage } from './scenario.js';
import { SCENARIOS } from './scenarios/all.js';
import { drawPoints } from './schedule.js';
import { Random } from './seeded.js';
import { makeWorld, type World } from './world.js';

export interface LaneOrder {
  seed: number;
  scenario: string;
  /** Only these; all if there are none. */
  faults: string[];
}

export interface LaneRequest {
  round: number;
  /** Points at most. */
  most: number;
}

export interface LaneLine extends RoundReport {
  scenario: string;
  round: number;
  /** Nothing can be said about the product. */
  broken?: true;
  /** Where what helps to understand a failure is kept. */
  evidence?: string;
}

/** After so many rounds a world has seen enough: its disks are small. */
const ROUNDS_A_WORLD = 12;

interface Setting {
  world: World;
  stage: Stage;
  rounds: number;
}

const order = JSON.parse(process.argv[2] ?? '') as LaneOrder;
const found = SCENARIOS.find(({ name }) => name === order.scenario);
if (!found) throw new Error(`no scenario ${order.scenario}`);
const scenario: Scenario = found;
let setting: Setting | undefined;
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    process.stderr.write(`the lane of ${order.scenario} got ${name}\n`);
    interruption.abort();
    void leave().finally(() => process.exit(1));
  });

for await (const line of createInterface(process.stdin)) {
  const report = await play(JSON.parse(line) as LaneRequest);
  if (!interruption.signal.aborted) process.stdout.write(`${JSON.stringify(report)}\n`);
}
await leave();
process.exit(); // whatever still runs must not keep it

async function play({ round, most }: LaneRequest): Promise<LaneLine> {
  const here = { scenario: order.scenario, round };
  const name = `${String(order.seed)}-${order.scenario}-${String(round)}`;
  try {
    const now = (setting ??= await enter(scenario));
    const seeded = (what: string): Random =>
      new Random(`${String(order.seed)} ${order.scenario} ${String(round)} ${what}`);
    const drawn = await now.stage.round(seeded('data'));
    const { world } = now;
    const faults = drawn.faults.filter(
      (fault) =>
        fault.missing?.(world) === undefined &&
        (order.faults.length === 0 || order.faults.includes(fault.name)),
    );
    const points = drawPoints(seeded('points'), { faults, moments: drawn.moments, most });
    const report = await playRound(world, drawn, { points, random: seeded('targets') });
    now.rounds += 1;
    const isBad = report.violations.length > 0;
    const evidence = isBad ? await keepEvidence(world, name) : undefined;
    if (isBad || now.rounds >= ROUNDS_A_WORLD) await leave();
    return { ...here, ...report, ...(evidence !== undefined && { evidence }) };
  } catch (error) {
    const evidence = setting && (await keepEvidence(setting.world, name).catch(() => undefined));
    const left = await leave().catch((failure: unknown) => `\n${described(failure)}`);
    return {
      ...brokenRound(here, `${described(error)}${left ?? ''}`),
      ...(evidence !== undefined && { evidence }),
    };
  }
}

/** A new world, in which one run without faults has shown that all is well. */
async function enter({ declare, begin }: Scenario): Promise<Setting> {
  const world = await makeWorld(declare);
  try {
    const random = new Random(`${String(order.seed)} ${order.scenario} world`);
    const stage = await begin(world, random);
    const quiet = await playRound(world, await stage.round(random), { points: [], random });
    if (quiet.violations.length > 0 || !['complete', 'held'].includes(quiet.outcomes.join()))
      throw new Error(`without any fault: ${JSON.stringify(quiet)}`);
    return { world, stage, rounds: 0 };
  } catch (error) {
    await keepEvidence(world, `${String(order.seed)}-${order.scenario}-beginning`);
    await world.remove();
    throw error;
  }
}

/** With what caused it. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n${described(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

async function leave(): Promise<void> {
  const { world } = setting ?? {};
  setting = undefined;
  await world?.remove();
}
