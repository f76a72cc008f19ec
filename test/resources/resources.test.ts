import { execa } from 'execa';
import { expect, it } from 'vitest';
import { compiled } from '../support/fts.js';
import { isMemory } from './sample.js';
import type { ResourceSummary } from './main.js';

const PATIENCE_MS = 300_000;

/** A part of what `npm run test:resources` does, too short to say anything about memory. */
it(
  'runs of every kind leave no process, descriptor, thread, lock or file behind',
  async () => {
    const { stdout, stderr } = await execa(
      process.execPath,
      [compiled('test/resources/main.js'), '--runs', '24', '--json'],
      { reject: false },
    );
    const { runs, grown } = JSON.parse(stdout) as ResourceSummary;
    expect(runs).toBe(24);
    expect(
      grown.filter(({ figure }) => !isMemory(figure)),
      stderr,
    ).toEqual([]);
  },
  PATIENCE_MS,
);
