import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { until } from '../support/until.js';
import { playHarness } from './played.js';
import { descendants, signal } from './processes.js';

const PATIENCE_MS = 240_000;

it(
  'a lane that is killed is a failure that says so, and nothing of its world stays',
  async () => {
    const harness = playHarness('--seed', '1', '--points', '1', '--scenario', 'snapshot');
    const ofLane = () => {
      const all = descendants(harness.pid);
      const lane = all.find(({ args }) => args[1]?.endsWith('/lane.js'));
      const server = all.find(({ name }) => name === 'temporal');
      const folder = server && /\S+\/fts-faults-[^/]+/.exec(server.args.join(' '))?.[0];
      return lane && folder !== undefined ? { lane, folder } : undefined;
    };
    const { lane, folder } = await until(ofLane);
    expect(signal(lane, 'SIGKILL')).toBe(true);
    const { summary, exitCode, told } = await harness.ended;
    expect(exitCode, told).toBe(1);
    expect(summary, told).toMatchObject({
      ok: false,
      failures: [{ scenario: 'snapshot', round: 1, violations: [expect.stringContaining('SIGKILL')] }],
    });
    expect(existsSync(folder)).toBe(false);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
  },
  PATIENCE_MS,
);
