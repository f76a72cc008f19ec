import { ExitCode } from '../domain/outcome.js';

/**
 * Turns the first Ctrl-C into an abort signal, so that a follower can say goodbye; a second one ends the process.
 * `dispose` gives Ctrl-C its usual meaning back.
 */
export function onInterrupt(): { signal: AbortSignal; dispose: () => void } {
  const controller = new AbortController();
  const interrupted = (): void => {
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    controller.abort();
  };
  process.on('SIGINT', interrupted);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', interrupted);
    },
  };
}

/** Waits; ends early, without an error, when the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
