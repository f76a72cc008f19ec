import { ExitCode } from '../domain/outcome.js';
import { note } from './output.js';

/** The user, or the system, wants `fts dev` to end. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';

  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
}

export interface StopWatch {
  /** Rejects with `StopRequested` at the first SIGINT, SIGTERM or SIGHUP. */
  requested: Promise<never>;
  /** Makes a second Ctrl-C do this. */
  onImpatience: (act: () => void) => void;
}

/** Listens for requests to end, for the rest of the process's life. */
export function watchForStop(): StopWatch {
  let stopping = false;
  let impatient: () => void = () => undefined;
  const requested = new Promise<never>((_resolve, reject) => {
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping && signal === 'SIGINT') impatient();
      if (stopping) return;
      stopping = true;
      if (signal === 'SIGINT')
        note('Ending; runs that are interrupted go on at the next start. Ctrl-C again kills.');
      reject(new StopRequested(signal, signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.complete));
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  });
  requested.catch(() => undefined); // whoever races with it hears of it
  return {
    requested,
    onImpatience: (act) => {
      impatient = act;
    },
  };
}
