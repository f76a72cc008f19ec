import { State, stateRoot } from '../adapters/state.js';
import { provisionWorkflowId } from '../domain/ids.js';
import { CONTROL_QUEUE } from '../domain/queues.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { exitCodeOfRun, followAndPrint } from './followed-command.js';
import { unknownName } from './known-name.js';
import { note } from './output.js';
import { startWorkflow } from './start-workflow.js';

export interface ProvisionOptions {
  estate?: string;
  volume: string;
  json: boolean;
  timeoutSeconds?: number | undefined;
}

/** `fts provision`: makes a volume ready for use, or finds that it is. Changes nothing the second time. */
export async function provision(options: ProvisionOptions): Promise<number> {
  const { estate } = await loadEstateOption(options.estate);
  const { volume } = options;
  const declared = Object.hasOwn(estate.volumes, volume) ? estate.volumes[volume] : undefined;
  if (declared === undefined)
    throw unknownName('volume', volume, Object.keys(estate.volumes), 'see `volumes:` in the estate');
  const { host } = declared;
  const state = new State(stateRoot(process.env), estate.estate);
  return withSession(async (session) => {
    const { handle, runId, startedHere } = await startWorkflow(
      session,
      'provision',
      { estate: estate.estate, volume, host },
      {
        workflowId: provisionWorkflowId(estate.estate, volume),
        taskQueue: CONTROL_QUEUE,
        staticSummary: `provision ${volume} on ${host}`,
        staticDetails: `Volume \`${volume}\` of the estate \`${estate.estate}\`, mounted at \`${declared.mountpoint}\` on \`${host}\`.`,
      },
    );
    if (!startedHere) note(`${volume} is being provisioned already; attached to that run (${runId}).`);
    const subject = { volume, kind: 'provision' } as const;
    const followed = { session, state, subject, workflowId: handle.workflowId, runId, host, startedHere };
    return exitCodeOfRun(await followAndPrint(followed, options));
  });
}
