import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isAlive, ownRecord } from '../../src/adapters/process-record.js';

describe('isAlive', () => {
  it('knows a living process from an ended one', async () => {
    expect(await isAlive(await ownRecord())).toBe(true);
    const child = spawn('true');
    const pid = child.pid ?? 0;
    await once(child, 'exit');
    expect(await isAlive({ pid })).toBe(false);
  });

  it('is not deceived by a later process with the same id', async () => {
    const own = await ownRecord();
    expect(await isAlive({ ...own, startTicks: (own.startTicks ?? 0) - 1 })).toBe(false);
  });
});
