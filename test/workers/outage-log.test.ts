import { describe, expect, it } from 'vitest';
import { outageFilter } from '../../workers/outage-log.js';

const retried = (times: number): string =>
  `gRPC call poll_workflow_task_queue retried ${String(times)} times`;

describe('outageFilter', () => {
  it('lets an outage be told once a minute, and everything else always', () => {
    let now = 0;
    const leavesOut = outageFilter(() => now);
    expect(leavesOut(retried(6))).toBe(false);
    now = 59_999;
    expect(leavesOut(retried(7))).toBe(true);
    expect(leavesOut('Activity failed')).toBe(false);
    now = 60_000;
    expect(leavesOut(retried(8))).toBe(false);
  });
});
