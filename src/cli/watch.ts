import { State, stateRoot } from '../adapters/state.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { findRun } from './find-run.js';
import { exitCodeOfRun, followAndPrint } from './followed-command.js';

export interface WatchOptions {
  estate?: string;
  id: string;
  json: boolean;
  timeoutSeconds?: number | undefined;
}

/** `fts watch`: follows a run that somebody else started; one that has ended is shown as it ended. */
export async function watch(options: WatchOptions): Promise<number> {
  const loaded = await loadEstateOption(options.estate);
  const { estate } = loaded.estate;
  return withSession(async (session) => {
    const { subject, host, info } = await findRun(session, loaded, options.id);
    const { workflowId, runId } = info;
    const state = new State(stateRoot(process.env), estate);
    const followed = { session, state, subject, workflowId, runId, host, startedHere: false };
    return exitCodeOfRun(await followAndPrint(followed, options));
  });
}
