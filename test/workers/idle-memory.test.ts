import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tidyWhenIdle } from '../../workers/idle-memory.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker whose activities end when they are told to. */
function worker() {
  const collect = vi.fn();
  const { execute } = tidyWhenIdle(collect);
  const begin = () => {
    let end = (): void => undefined;
    const work = new Promise<void>((resolve) => {
      end = resolve;
    });
    const ended = execute?.({ args: [], headers: {} }, () => work) ?? work;
    return async (): Promise<void> => {
      end();
      await ended;
    };
  };
  return { collect, begin };
}

it('a worker tidies up when its work is over, and then leaves it', async () => {
  const { collect, begin } = worker();
  await begin()();
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(2);
});

it('but not as long as anything runs, be it the next step', async () => {
  const { collect, begin } = worker();
  const [first, second] = [begin(), begin()];
  await first();
  vi.advanceTimersByTime(60_000);
  await second();
  const third = begin();
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
  await third();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalled();
});
