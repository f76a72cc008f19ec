import { describe, expect, it } from 'vitest';
import { ESTATE_PAUSE_NOTE, pauseAfter } from '../../schedules/pause.js';

const running = { paused: false, note: '' };
const byOperator = { paused: true, note: 'disk swap' };
const byEstate = { paused: true, note: ESTATE_PAUSE_NOTE };

describe('pauseAfter', () => {
  it.each([
    { estate: true, current: running, becomes: byEstate, why: 'the estate pauses' },
    { estate: true, current: byEstate, becomes: byEstate, why: 'paused already' },
    { estate: true, current: byOperator, becomes: byOperator, why: "the operator's note is kept" },
    {
      estate: false,
      current: byEstate,
      becomes: { paused: false, note: '' },
      why: 'the estate takes its own back',
    },
    { estate: false, current: byOperator, becomes: byOperator, why: "an operator's pause survives" },
    { estate: false, current: running, becomes: running, why: 'nothing to do' },
  ])('$why', ({ estate, current, becomes }) => {
    expect(pauseAfter(estate, current)).toEqual(becomes);
  });
});
