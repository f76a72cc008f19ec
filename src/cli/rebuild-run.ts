import { randomBytes } from 'node:crypto';
import { State, stateRoot } from '../adapters/state.js';
import { rebuildWorkflowId } from '../domain/ids.js';
import { ExitCode } from '../domain/outcome.js';
import type { RebuildInput } from '../domain/rebuild-run.js';
import { REQUEST_FAILURES } from '../domain/restore.js';
import { formatDuration } from '../domain/units.js';
import { UsageError } from '../domain/usage-error.js';
import { type Session, withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { type FollowedRun, exitCodeOfRun, followRun, printFollowed } from './followed-command.js';
import { isNotFound } from './grpc-errors.js';
import { askedToGoOn } from './agreed.js';
import { note, printError, printJson, printLine } from './output.js';
import { type RebuildWish, pinned, rebuildInput } from './rebuild-request.js';
import { rebuildPlanStart, rebuildStart } from './rebuild-start.js';
import { planLines, planOf } from './rebuild-summary.js';
import type { RunView } from './run-view.js';
import { startWorkflow } from './start-workflow.js';

export interface RebuildRunOptions extends RebuildWish {
  estate?: string;
  yes: boolean;
  json: boolean;
  detach: boolean;
  timeoutSeconds?: number | undefined;
}

/** `fts rebuild VOLUME`: has the host look from what, shows it, asks, and follows the rebuild; or attaches to the one that is going. */
export async function runRebuild(options: RebuildRunOptions): Promise<number> {
  const { estate } = await loadEstateOption(options.estate);
  const input = rebuildInput(estate, options);
  if (!options.yes && (options.json || !process.stdin.isTTY))
    throw new UsageError('a rebuild fills a volume, and there is nobody here to ask', {
      hint: `look at it with \`fts rebuild ${input.volume} --plan\`, then give --yes`,
    });
  const state = new State(stateRoot(process.env), estate.estate);
  return withSession(async (session) => {
    if (await isGoing(session, input)) return carryOut(session, state, input, options);
    const looked = await look(session, state, input);
    const view = await followRun(looked, options);
    const plan = view.outcome === 'complete' ? planOf(view.result) : undefined;
    if (plan === undefined) return printRefusal(view, options);
    if (!options.json) for (const line of planLines(plan, estate.timezone)) note(line);
    if (plan.resumes && options.json) note(`the rebuild of ${plan.volume} that did not end goes on`);
    const answer = options.yes ? 'yes' : await askedToGoOn();
    if (answer !== 'yes') {
      note('Nothing was done.');
      return answer === 'no' ? ExitCode.skipped : ExitCode.interrupted;
    }
    return carryOut(session, state, pinned(input, plan), options);
  });
}

async function isGoing({ client }: Session, { estate, volume }: RebuildInput): Promise<boolean> {
  try {
    const { status, raw } = await client.workflow.getHandle(rebuildWorkflowId(estate, volume)).describe();
    return status.name === 'RUNNING' && raw.workflowExtendedInfo?.cancelRequested !== true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function look(session: Session, state: State, input: RebuildInput): Promise<FollowedRun> {
  const start = rebuildPlanStart(input, randomBytes(4).toString('hex'));
  const { handle, runId, startedHere } = await startWorkflow(session, 'rebuildPlan', input, start);
  return followed(session, state, input, { workflowId: handle.workflowId, runId, startedHere });
}

const followed = (
  session: Session,
  state: State,
  { volume, host }: RebuildInput,
  run: Pick<FollowedRun, 'workflowId' | 'runId' | 'startedHere'>,
): FollowedRun => ({ session, state, host, subject: { volume, kind: 'rebuild' }, ...run });

async function carryOut(
  session: Session,
  state: State,
  input: RebuildInput,
  options: RebuildRunOptions,
): Promise<number> {
  const { volume } = input;
  const started = await startWorkflow(session, 'rebuild', input, rebuildStart(input));
  const { handle, runId, startedHere, startedAt } = started;
  const { workflowId } = handle;
  if (!startedHere) {
    const age = formatDuration((Date.now() - startedAt.getTime()) / 1000);
    note(`${volume} is being rebuilt already, since ${age}; attached to that run (${runId}).`);
  }
  if (options.detach) {
    if (options.json) printJson({ volume, kind: 'rebuild', workflowId, runId, outcome: null });
    else printLine(`${volume} is rebuilt by ${workflowId} (${runId})`);
    if (!options.json) note(`Follow it with \`fts watch ${workflowId}\`.`);
    return ExitCode.complete;
  }
  const ended = await followRun(followed(session, state, input, { workflowId, runId, startedHere }), options);
  if (options.json) printJson(flat(ended));
  else printFollowed(ended, options);
  return exitCodeOfRun(ended);
}

/** What a rebuild did stands beside what every run has (DESIGN, "Contract for programs"). */
const flat = ({ result, ...view }: RunView): object => ({ ...view, ...(result ?? {}) });

/** A request that cannot be met is the person's to change; anything else is a run that failed. */
function printRefusal(view: RunView, options: RebuildRunOptions): number {
  const { error } = view;
  if (error === undefined || !REQUEST_FAILURES.has(error.type)) {
    if (options.json) printJson(flat(view));
    else printFollowed(view, options);
    return exitCodeOfRun(view);
  }
  if (options.json) printJson({ error });
  else printError(error);
  return ExitCode.usage;
}
