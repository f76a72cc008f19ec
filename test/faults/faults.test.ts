import { execa } from 'execa';
import { expect, it } from 'vitest';
import { compiled } from '../support/fts.js';
import type { Summary } from './summary.js';

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
    const wanted = ['--seed', '5', '--points', '2', '--lanes', '2', ...killing, '--json'];
    const { stdout, stderr } = await execa(process.execPath, [compiled('test/faults/main.js'), ...wanted], {
      reject: false,
    });
    const summary = JSON.parse(stdout) as Summary;
    expect(summary.failures, stderr).toEqual([]);
    expect(summary.landed, stderr).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);
