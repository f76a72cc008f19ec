import { expect, it } from 'vitest';
import { keepOptions } from '../../src/domain/retention.js';

it.each([
  ['one period', { daily: 7 }, ['--keep-daily=7', '--keep-last=3']],
  [
    'all periods',
    { last: 5, hourly: 24, daily: 7, weekly: 4, monthly: 12, yearly: 2 },
    [
      '--keep-last=5',
      '--keep-hourly=24',
      '--keep-daily=7',
      '--keep-weekly=4',
      '--keep-monthly=12',
      '--keep-yearly=2',
    ],
  ],
  ['a typing error', { last: 1 }, ['--keep-last=3']],
  [
    'what the schema leaves undefined',
    { last: undefined, hourly: 2, daily: undefined },
    ['--keep-last=3', '--keep-hourly=2'],
  ],
  ['nothing', {}, ['--keep-last=3']],
])('%s keeps what it says, and never less than the three newest', (_, keep, options) => {
  expect(keepOptions(keep).sort()).toEqual([...options].sort());
});
