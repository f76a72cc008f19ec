import { expect, it } from 'vitest';
import { type VolumeState, type WorkerState, isEstateHealthy, workerState } from '../../src/domain/health.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');

it.each<[what: string, lastPollAgoMs: number | undefined, state: WorkerState]>([
  ['polled just now', 0, 'up'],
  ['polled 75 s ago', 75_000, 'up'],
  ['polled longer ago', 75_001, 'down'],
  ['never polled', undefined, 'down'],
])('a worker that %s', (_what, ago, state) => {
  const lastPollAt = ago === undefined ? undefined : NOW - ago;
  expect(workerState({ now: NOW, lastPollAt })).toBe(state);
});

const healthy = {
  jobs: [{ healthy: true }],
  volumes: [{ state: 'healthy' as VolumeState }],
  workers: [{ state: 'up' as WorkerState }],
};

it('calls an estate healthy when every part is', () => {
  expect(isEstateHealthy(healthy)).toBe(true);
  expect(isEstateHealthy({ jobs: [], volumes: [], workers: [] })).toBe(true);
});

it.each<VolumeState>(['missing', 'wrong', 'read-only', 'dead', 'unknown'])(
  'minds a volume that is %s',
  (state) => {
    expect(isEstateHealthy({ ...healthy, volumes: [...healthy.volumes, { state }] })).toBe(false);
  },
);

it('minds an unhealthy job and a missing worker', () => {
  expect(isEstateHealthy({ ...healthy, jobs: [{ healthy: true }, { healthy: false }] })).toBe(false);
  expect(isEstateHealthy({ ...healthy, workers: [{ state: 'down' }] })).toBe(false);
});

it('minds a rebuild that was left, and none that runs', () => {
  expect(isEstateHealthy({ ...healthy, rebuilds: [{ state: 'running' }] })).toBe(true);
  expect(isEstateHealthy({ ...healthy, rebuilds: [{ state: 'incomplete' }] })).toBe(false);
});
