import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { findRun } from './find-run.js';
import { followAndPrint } from './followed-command.js';
import { note, printJson } from './output.js';
import { listedRun } from './run-view.js';

export interface CancelOptions {
  estate?: string;
  id: string;
  json: boolean;
  detach: boolean;
  timeoutSeconds?: number | undefined;
}

/**
 * `fts cancel`: asks a run to end and returns when its tool has. 0 when the run has ended, however; 1 when nobody is
 * there to end it.
 */
export async function cancel(options: CancelOptions): Promise<number> {
  const loaded = await loadEstateOption(options.estate);
  return withSession(async (session) => {
    const { subject, host, info } = await findRun(session, loaded, options.id);
    const { workflowId, runId } = info;
    const view = listedRun(subject, info);
    if (view.outcome !== null) {
      throw new UsageError(`${options.id} is not running: its last run ended as ${view.outcome}`, {
        hint: 'see what is running with `fts status`',
      });
    }
    await session.client.workflow.getHandle(workflowId, runId).cancel();
    if (options.detach) {
      if (options.json) printJson(view);
      else note(`Asked ${workflowId} to end. Follow it with \`fts watch ${options.id}\`.`);
      return ExitCode.complete;
    }
    if (!options.json) note(`Asked ${workflowId} to end; waiting until its tool has.`);
    const state = new State(stateRoot(process.env), loaded.estate.estate);
    const ended = await followAndPrint(
      { session, state, subject, workflowId, runId, host, startedHere: false },
      options,
    );
    if (ended.outcome === null) return ExitCode.interrupted;
    return ended.error?.type === 'HostUnavailable' ? ExitCode.unhealthy : ExitCode.complete;
  });
}
