import { rejectHold } from '../adapters/holds.js';
import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { loadEstateOption } from './estate-option.js';
import { heldHere, jobNamed, requireHostHere } from './held-job.js';
import { printJson, printLine } from './output.js';

export interface RejectOptions {
  estate?: string;
  id: string;
  json: boolean;
}

/** `fts reject`: closes a hold. Nothing of its plan is done; the job's next run plans anew. */
export async function reject({ estate, id, json }: RejectOptions): Promise<number> {
  const loaded = await loadEstateOption(estate);
  const job = jobNamed(loaded, id);
  const state = new State(stateRoot(process.env), loaded.estate.estate);
  await requireHostHere(loaded, state, job, 'run it on that host');
  const hold = await heldHere(state, job);
  await rejectHold(state, hold);
  if (json) printJson({ job, planHash: hold.planHash, rejected: true });
  else printLine(`${job}: rejected, nothing is done (${hold.reason})`);
  return ExitCode.complete;
}
