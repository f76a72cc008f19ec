import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios/all.js';

export interface HarnessArguments {
  seed: number;
  /** So many points are played, landed or not. */
  points: number;
  scenarios: string[];
  /** Worlds side by side. */
  lanes: number;
  /** This round only. */
  round: number | undefined;
  /** Only these faults. */
  faults: string[];
  json: boolean;
  /** Ends at the first failure. */
  untilFailure: boolean;
}

const SCENARIO_NAMES = SCENARIOS.map(({ name }) => name);

const USAGE = `usage: npm run test:faults -- [--seed N] [--points N] [--scenario ${SCENARIO_NAMES.join('|')}]
  [--lanes N] [--round N] [--fault NAME]… [--until-failure] [--json]`;

export function harnessArguments(argv: readonly string[]): HarnessArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
      points: { type: 'string', default: '20' },
      scenario: { type: 'string', multiple: true, default: SCENARIO_NAMES },
      lanes: { type: 'string', default: '2' },
      round: { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      'until-failure': { type: 'boolean', default: false },
    },
  });
  const unknown = values.scenario.find((name) => !SCENARIO_NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`there is no scenario ${unknown}\n${USAGE}`);
  return {
    seed: whole('seed', values.seed),
    points: whole('points', values.points),
    scenarios: values.scenario,
    lanes: whole('lanes', values.lanes),
    round: values.round === undefined ? undefined : whole('round', values.round),
    faults: values.fault,
    json: values.json,
    untilFailure: values['until-failure'],
  };
}

function whole(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} wants a whole number, not ${text}\n${USAGE}`);
}
