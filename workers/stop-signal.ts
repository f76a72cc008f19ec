const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Why a process ends that was asked to; `message` is the signal's name. */
class StopRequest extends Error {
  override readonly name = 'StopRequest';
}

/** Aborts at the first request to end this process. Later ones change nothing: ending is under way. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      stop.abort(new StopRequest(signal));
    });
  }
  return stop.signal;
}

/** Whether work ended with this error because of the request, and for no other reason. */
export const isStopped = (error: unknown, stop: AbortSignal): boolean =>
  stop.aborted && (error === stop.reason || (error instanceof Error && error.name === 'AbortError'));
