import { expect, it } from 'vitest';
import { collectUnreadable } from '../../activities/unreadable-files.js';
import type { NamedProblem } from '../../src/domain/job.js';

/** What a collector of these items says and writes down. */
async function collected(
  items: string[],
  realName: (item: string) => Promise<Uint8Array | string> = (item) => Promise.resolve(item),
) {
  const written: NamedProblem[] = [];
  let closed = false;
  const report = {
    path: '/state/reports/save.jsonl',
    append: (entry: NamedProblem) => void written.push(entry),
    close: () => Promise.resolve(void (closed = true)),
  };
  const collector = collectUnreadable(report, realName);
  for (const item of items) collector.add({ item, reason: 'permission denied' });
  const result = await collector.finish();
  expect(closed).toBe(true);
  return { result, written };
}

const names = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, i) => `/${String(i).padStart(length, 'x')}`);

it('says nothing when everything was read', async () => {
  expect(await collected([])).toEqual({ result: undefined, written: [] });
});

it('counts all, lists fifty, and writes all of them down', async () => {
  const { result, written } = await collected(names(120, 10));
  expect(result).toMatchObject({ count: 120, report: '/state/reports/save.jsonl' });
  expect(result?.first).toEqual(written.slice(0, 50));
  expect(written).toHaveLength(120);
});

it.each([
  ['long names', names(120, 250)],
  [
    'the longest paths, of bytes that are written as four characters',
    names(60, 4000).map((name) => `${name}\n`.replaceAll('x', '\x01')),
  ],
])('leaves room for the rest of a result of 12 KiB, with %s', async (_, items) => {
  const { result, written } = await collected(items);
  expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(10 * 1024);
  expect(result?.count).toBe(items.length);
  expect(written).toHaveLength(items.length);
});

it('lists a short name after one that is too long', async () => {
  const { result } = await collected([`/${'x'.repeat(20_000)}`, '/short']);
  expect(result).toMatchObject({ count: 2, first: [{ path: '/short' }] });
});

it('names files by their real bytes, in the order in which they were told', async () => {
  const { result } = await collected(['/bro\ufffdken', '/plain'], async (item) => {
    await new Promise((resolve) => setTimeout(resolve, item === '/plain' ? 0 : 20));
    return item === '/plain' ? item : Buffer.from([0x2f, 0x62, 0xff]);
  });
  expect(result?.first).toEqual([
    { path: '/b\\xff', encoded: true, message: 'permission denied' },
    { path: '/plain', message: 'permission denied' },
  ]);
});
