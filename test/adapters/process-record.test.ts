import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessRecord, claim, isAlive, ownRecord, release } from '../../src/adapters/process-record.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-record-'));
  file = join(folder, 'owner.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('isAlive', () => {
  it('knows a living process from an ended one', async () => {
    expect(await isAlive(await ownRecord())).toBe(true);
    const child = spawn('true');
    const pid = child.pid ?? 0;
    await once(child, 'exit');
    expect(await isAlive({ pid, startedAt: '' })).toBe(false);
  });

  it('is not deceived by a later process with the same id', async () => {
    const own = await ownRecord();
    expect(await isAlive({ ...own, startTicks: (own.startTicks ?? 0) - 1 })).toBe(false);
  });
});

describe('claim', () => {
  it('is ours until it is released, and leaves nothing else behind', async () => {
    expect(await claim(file)).toBeUndefined();
    expect(ProcessRecord.parse(JSON.parse(await readFile(file, 'utf8'))).pid).toBe(process.pid);
    await release(file);
    expect(await readdir(folder)).toEqual([]);
  });

  it('answers with the owner while that lives', async () => {
    await claim(file);
    expect((await claim(file))?.pid).toBe(process.pid);
  });

  it.each([
    [
      'of a dead process',
      JSON.stringify({ pid: 4_194_304, startedAt: '2026-01-01T00:00:00Z', startTicks: 1 }),
    ],
    ['that a power cut left empty', ''],
  ])('replaces a mark %s', async (_what, content) => {
    await writeFile(file, content);
    expect(await claim(file)).toBeUndefined();
  });

  it('releases no mark of another process', async () => {
    await writeFile(file, JSON.stringify({ pid: 1, startedAt: '2026-01-01T00:00:00Z' }));
    await release(file);
    expect(await readdir(folder)).toEqual(['owner.json']);
  });
});
