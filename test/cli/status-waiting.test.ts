import { describe, expect, it } from 'vitest';
import type { LiveStep } from '../../src/cli/live-run.js';
import type { QueueWorker } from '../../src/cli/pollers.js';
import { waitingReason } from '../../src/cli/status-waiting.js';

const worker = (queue: string, state: QueueWorker['state']): QueueWorker => ({
  queue,
  state,
  lastSeen: '2026-11-21T00:00:00.000Z',
});
const control = worker('fts-control', 'up');
const host = worker('host-desk', 'up');
const step = (rest: Partial<LiveStep> = {}): LiveStep => ({
  name: 'take snapshot',
  attempt: 2,
  started: true,
  worker: 'w',
  ...rest,
});
const trouble = { type: 'RepositoryLocked', message: 'by vm' };

describe('why a run does not get on', () => {
  it.each<[string, LiveStep[], QueueWorker[], string | undefined]>([
    ['nothing, while its tool works', [step()], [control, host], undefined],
    [
      'what the tool waits for',
      [step({ progress: { phase: 'backup', waiting: 'retrying' } })],
      [control, host],
      'retrying',
    ],
    [
      'why the last attempt failed',
      [step({ started: false, trouble })],
      [control, host],
      'RepositoryLocked: by vm',
    ],
    [
      'that its host is away',
      [step({ started: false, trouble })],
      [control, worker('host-desk', 'down')],
      'waiting for host-desk, last seen 2026-11-21T00:00:00.000Z',
    ],
    [
      'that nobody runs workflows',
      [],
      [worker('fts-control', 'down'), host],
      'waiting for fts-control, last seen 2026-11-21T00:00:00.000Z',
    ],
    [
      'nothing, when a busy worker does not poll',
      [step()],
      [control, worker('host-desk', 'down')],
      undefined,
    ],
  ])('is %s', (_, steps, workers, reason) => {
    expect(waitingReason(steps, workers)).toBe(reason);
  });
});
