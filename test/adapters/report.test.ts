import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { openReport } from '../../src/adapters/report.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let path: string;
beforeEach(async () => {
  path = join(await temporaryFolder(), 'reports', 'save.jsonl');
});

it('holds one JSON object a line, all of them once it is closed', async () => {
  const report = await openReport(path);
  const entries = Array.from({ length: 5000 }, (_, i) => ({
    path: `${String(i)}\n`,
    message: 'x'.repeat(100),
  }));
  for (const entry of entries) report.append(entry);
  await report.close();
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(entries);
});

it('is for its owner only', async () => {
  const umask = process.umask(0);
  try {
    const report = await openReport(path);
    report.append({});
    await report.close();
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
  } finally {
    process.umask(umask);
  }
});

it('replaces what an earlier attempt wrote', async () => {
  await mkdir(dirname(path));
  await writeFile(path, 'much longer than what comes now\n');
  const report = await openReport(path);
  report.append({ a: 1 });
  await report.close();
  expect(await readFile(path, 'utf8')).toBe('{"a":1}\n');
});

it('is not made when there is nothing to tell', async () => {
  await (await openReport(path)).close();
  expect(await readdir(dirname(path))).toEqual([]);
});

it('that cannot be written fails when it is closed, and the process lives on', async () => {
  await mkdir(path, { recursive: true });
  const report = await openReport(path);
  report.append({ a: 1 });
  for (let i = 0; i < 20; i += 1) await stat(path); // the failure has been told by now
  report.append({ a: 2 });
  await expect(report.close()).rejects.toMatchObject({ code: 'EISDIR' });
});
