import { describe, expect, it } from 'vitest';
import {
  type JobFacts,
  type JobState,
  ageSeconds,
  isJobHealthy,
  jobState,
} from '../../src/domain/job-state.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;

const facts = (given: Partial<JobFacts>): JobFacts => ({
  now: NOW,
  scheduled: true,
  running: false,
  paused: false,
  sloSeconds: 7200,
  ...given,
});

const fresh = { lastSuccessAt: NOW - HOUR, lastOutcome: 'complete' } as const;
const stale = { lastSuccessAt: NOW - 3 * HOUR, lastOutcome: 'complete' } as const;

const cases: [what: string, given: Partial<JobFacts>, state: JobState, healthy: boolean][] = [
  ['succeeded within its SLO', fresh, 'ok', true],
  ['succeeded exactly its SLO ago', { ...fresh, lastSuccessAt: NOW - 2 * HOUR }, 'ok', true],
  ['succeeded by a clock that is a little ahead', { ...fresh, lastSuccessAt: NOW + HOUR }, 'ok', true],
  [
    'succeeded by a clock that was years ahead',
    { ...fresh, lastSuccessAt: NOW + 9e4 * HOUR },
    'overdue',
    false,
  ],
  ['succeeded longer ago than its SLO', stale, 'overdue', false],
  ['succeeded long ago, without an SLO', { ...stale, sloSeconds: undefined }, 'ok', true],
  ['succeeded before, failed since', { ...fresh, lastOutcome: 'failed' }, 'failing', false],
  ['succeeded before, partial since', { ...fresh, lastOutcome: 'partial' }, 'failing', false],
  ['failed and overdue', { ...stale, lastOutcome: 'failed' }, 'failing', false],
  ['is held', { ...fresh, lastOutcome: 'held' }, 'held', false],
  ['is held and overdue', { ...stale, lastOutcome: 'held' }, 'held', false],
  ['was cancelled within its SLO', { ...fresh, lastOutcome: 'cancelled' }, 'ok', true],
  ['was cancelled and is overdue', { ...stale, lastOutcome: 'cancelled' }, 'overdue', false],
  ['was cancelled and never succeeded', { lastOutcome: 'cancelled' }, 'never', true],
  ['is paused, fresh', { ...fresh, paused: true }, 'paused', true],
  ['is paused, overdue', { ...stale, paused: true }, 'overdue', false],
  ['is paused, failed', { ...fresh, paused: true, lastOutcome: 'failed' }, 'failing', false],
  ['is paused, never ran', { paused: true, firstDueAt: NOW - 9 * HOUR }, 'paused', true],
  ['never ran, not due yet', { firstDueAt: NOW + HOUR }, 'never', true],
  ['never ran, due within its SLO', { firstDueAt: NOW - HOUR }, 'never', true],
  ['never ran, due longer ago than its SLO', { firstDueAt: NOW - 3 * HOUR }, 'never', false],
  ['never ran, and has no schedule to be due by', {}, 'never', true],
  ['never succeeded and failed', { lastOutcome: 'failed', firstDueAt: NOW - 9 * HOUR }, 'failing', false],
  ['runs, fresh', { ...fresh, running: true }, 'running', true],
  ['runs, overdue', { ...stale, running: true }, 'running', false],
  ['runs, failed before', { ...fresh, running: true, lastOutcome: 'failed' }, 'running', false],
  ['runs, held before', { ...fresh, running: true, lastOutcome: 'held' }, 'running', false],
  [
    'runs for the first time, long after it was due',
    { running: true, firstDueAt: NOW - 9 * HOUR },
    'running',
    true,
  ],
  ['has no cron and failed', { ...fresh, scheduled: false, lastOutcome: 'failed' }, 'failing', true],
  ['has no cron and is overdue', { ...stale, scheduled: false }, 'overdue', true],
];

describe('a job that', () => {
  it.each(cases)('%s', (_what, given, state, healthy) => {
    expect(jobState(facts(given))).toBe(state);
    expect(isJobHealthy(facts(given))).toBe(healthy);
  });
});

it('counts age from the end of the last complete run, never below zero', () => {
  expect(ageSeconds(facts({ lastSuccessAt: NOW - 90_400 }))).toBe(90);
  expect(ageSeconds(facts({ lastSuccessAt: NOW + 5000 }))).toBe(0);
  expect(ageSeconds(facts({}))).toBeUndefined();
});
