import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.js';

export default defineConfig({
  test: {
    // A tool is tied to the thread that starts it (src/adapters/tied-process.ts): processes, not worker threads.
    pool: 'forks',
    maxWorkers: 4,
    sequence: { sequencer: LongFirst },
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 150_000 } },
    exclude: ['dist/**', 'node_modules/**'],
    globalSetup: 'test/support/tools-on-path.ts',
  },
});
