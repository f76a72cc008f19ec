import { makeTemporalServer } from '../support/temporal-server.js';
import type { CleanUp } from './clean-up.js';
import { identify, type ProcessId } from './processes.js';

/** A real Temporal server whose database outlives it. */
export interface Temporal {
  /** Known from its first start on. */
  readonly address: string;
  /** The running server. */
  id(): ProcessId | undefined;
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** Its database, `temporal.db`, and what it says, `temporal.log`, are in the folder. */
export async function makeTemporal(folder: string, cleanUp: CleanUp): Promise<Temporal> {
  const server = await makeTemporalServer(folder);
  const id = (): ProcessId | undefined => (server.pid === undefined ? undefined : identify(server.pid));
  return {
    get address() {
      return server.address;
    },
    id,
    start: async () => {
      await server.start();
      const started = id();
      if (started) cleanUp.process(started);
    },
    kill: () => server.kill(),
  };
}
