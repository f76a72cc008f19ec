import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { type TiedProcessOptions, startTied } from '../adapters/tied-process.js';

/** The processes that `fts` starts by path; it imports nothing of them. */
export type WorkerEntry = 'control' | 'host' | 'embedded-server';

/**
 * Seen on an idle host worker: 138 MB without the first two and the next, 107 MB with them. It waits more than it computes, and
 * collects its garbage when it begins to wait (`workers/idle-memory.ts`).
 */
const LEAN_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size', '--expose-gc'];

/**
 * For glibc's malloc, which otherwise keeps an arena for each thread, and raises its threshold for what it gives back with every
 * large block that is freed (mallopt(3)): 12 MB less after work.
 */
const LEAN_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Starts a worker or the embedded server as a process that ends with this one. */
export function startWorker(
  entry: WorkerEntry,
  args: readonly string[],
  options: TiedProcessOptions,
): ChildProcess {
  const file = join(import.meta.dirname, '..', '..', 'workers', `${entry}.js`);
  const environment = { ...LEAN_ENVIRONMENT, ...(options.environment ?? process.env) };
  return startTied(process.execPath, [...LEAN_FLAGS, file, ...args], { ...options, environment });
}
