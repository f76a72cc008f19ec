import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/** Nothing has run for so long when a worker tidies up, and once more so long after that (milliseconds). */
const QUIET_MS = 3000;

/** What a buffer held outside of V8's heap goes with the collection after the one that met the buffer. */
const COLLECTIONS = 2;

/**
 * Gives back what a worker's work has left in its memory, once nothing runs any more: V8 collects garbage when it needs room,
 * and a worker that waits for its next job needs none. Does nothing without `--expose-gc`.
 */
export function tidyWhenIdle(
  collect: (() => void) | undefined = globalThis.gc,
): ActivityInboundCallsInterceptor {
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  const tidyIn = (left: number): void => {
    if (left === 0) return;
    timer = setTimeout(() => {
      collect?.();
      tidyIn(left - 1);
    }, QUIET_MS).unref();
  };
  return {
    async execute(input, next) {
      running += 1;
      clearTimeout(timer);
      try {
        return await next(input);
      } finally {
        running -= 1;
        if (running === 0) tidyIn(COLLECTIONS);
      }
    },
  };
}
