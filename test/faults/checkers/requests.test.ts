import { expect, it } from 'vitest';
import type { Answer } from '../scenario.js';
import { checkRuns } from './requests.js';

const complete = (runId: string): Answer => ({ outcome: 'complete', runId, result: null });
const refused: Answer = { outcome: 'refused', result: null, error: { type: 'DestinationFull', message: '' } };

it('a request has one run, and one that was refused has none', () => {
  expect(checkRuns([complete('a')], ['a'])).toEqual([]);
  expect(checkRuns([refused, complete('a')], ['a'])).toEqual([]);
  expect(checkRuns([refused, complete('a')], ['b', 'a'])).toHaveLength(1);
  expect(checkRuns([complete('a')], [])).toHaveLength(1);
  expect(checkRuns([complete('a')], ['b'])).toHaveLength(1);
});
