import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { REQUEST_FAILURES, type RestoreInput, type RestorePlan } from '../domain/restore.js';
import { UsageError } from '../domain/usage-error.js';
import { askedToGoOn } from './agreed.js';
import { type Session, withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { type FollowedRun, exitCodeOfRun, followRun, printFollowed } from './followed-command.js';
import { note, printError, printJson, printLine } from './output.js';
import { type RestoreWish, pinned, restoreInput } from './restore-request.js';
import { restorePlanStart, restoreStart } from './restore-start.js';
import { planOf, restorePlanLines } from './restore-summary.js';
import type { RunView } from './run-view.js';
import { type StartOptions, startWorkflow } from './start-workflow.js';

export interface RestoreOptions extends RestoreWish {
  estate?: string;
  plan: boolean;
  yes: boolean;
  json: boolean;
  detach: boolean;
  timeoutSeconds?: number | undefined;
}

/** `fts restore`: has the host look what is meant, shows it, asks where something may be overwritten, and follows the restore. */
export async function restore(options: RestoreOptions): Promise<number> {
  const { estate } = await loadEstateOption(options.estate);
  const input = restoreInput(estate, options);
  const asks = options.inPlace && !options.yes && !options.plan;
  if (asks && (options.json || !process.stdin.isTTY))
    throw new UsageError('a restore in place overwrites, and there is nobody here to ask', {
      hint: 'look at it with --plan, then give --yes',
    });
  const state = new State(stateRoot(process.env), estate.estate);
  return withSession(async (session) => {
    const looked = await start(session, state, 'restorePlan', input, restorePlanStart(input));
    const look = await followRun(looked, options);
    const plan = look.outcome === 'complete' ? planOf(look.result) : undefined;
    if (plan === undefined) return printRefusal(look, options);
    if (options.plan) return printPlan(look, plan, options);
    if (!options.json) for (const line of restorePlanLines(plan)) note(line);
    const answer = asks ? await askedToGoOn() : 'yes';
    if (answer !== 'yes') {
      note('Nothing was done.');
      return answer === 'no' ? ExitCode.skipped : ExitCode.interrupted;
    }
    return carryOut(session, state, pinned(estate, input, plan), options);
  });
}

async function carryOut(
  session: Session,
  state: State,
  input: RestoreInput,
  options: RestoreOptions,
): Promise<number> {
  const run = await start(session, state, 'restore', input, restoreStart(input));
  const { workflowId, runId, subject } = run;
  if (options.detach) {
    if (options.json) printJson({ ...subject, workflowId, runId, outcome: null });
    else printLine(`${input.paths.join(', ')} is restored by ${workflowId} (${runId})`);
    if (!options.json) note(`Follow it with \`fts watch ${workflowId}\`.`);
    return ExitCode.complete;
  }
  const ended = await followRun(run, options);
  if (options.json) printJson(flat(ended));
  else printFollowed(ended, options);
  return exitCodeOfRun(ended);
}

async function start(
  session: Session,
  state: State,
  type: 'restore' | 'restorePlan',
  input: RestoreInput,
  options: StartOptions,
): Promise<FollowedRun> {
  const { handle, runId, startedHere } = await startWorkflow(session, type, input, options);
  const subject = { restore: input.id, kind: 'restore' } as const;
  return { session, state, subject, host: input.host, workflowId: handle.workflowId, runId, startedHere };
}

/** What a restore did stands beside what every run has (DESIGN, "Contract for programs"). */
const flat = ({ result, ...view }: RunView): object => ({ ...view, ...(result ?? {}) });

function printPlan(look: RunView, plan: RestorePlan, { json }: RestoreOptions): number {
  if (json) printJson({ ...flat(look), plan: true, verified: { files: 0, bytes: 0 } });
  else for (const line of restorePlanLines(plan)) printLine(line);
  return ExitCode.complete;
}

/** A request that cannot be met is the person's to change; anything else is a run that failed. */
function printRefusal(look: RunView, options: RestoreOptions): number {
  const { error } = look;
  if (error === undefined || !REQUEST_FAILURES.has(error.type)) {
    if (options.json) printJson(flat(look));
    else printFollowed(look, options);
    return exitCodeOfRun(look);
  }
  if (options.json) printJson({ error });
  else printError(error);
  return ExitCode.usage;
}
