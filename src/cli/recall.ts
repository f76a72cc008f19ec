import { jobInput } from '../../schedules/job-start.js';
import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import type { RecallInput, RecallPlan } from '../domain/recall.js';
import type { Estate } from '../estate/schema.js';
import { type Session, withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { exitCodeOfRun, followAndPrint, followRun, printFollowed } from './followed-command.js';
import { note, printJson, printLine } from './output.js';
import { type LookedAt, chosen, graduationJobs } from './recall-choice.js';
import { recallPlanStart, recallStart } from './recall-start.js';
import { planLines, planOf } from './recall-summary.js';
import type { RunView } from './run-view.js';
import { startWorkflow } from './start-workflow.js';

export interface RecallOptions {
  estate?: string;
  project: string;
  job?: string | undefined;
  plan: boolean;
  json: boolean;
  detach: boolean;
  timeoutSeconds?: number | undefined;
}

/** `fts recall`: asks the hosts of the archives which project is meant, then has it brought back and follows that. */
export async function recall(options: RecallOptions): Promise<number> {
  const { estate } = await loadEstateOption(options.estate);
  const jobs = graduationJobs(estate, options.job);
  const state = new State(stateRoot(process.env), estate.estate);
  return withSession(async (session) => {
    const looks: LookedAt[] = [];
    for (const job of jobs) {
      const { run, plan } = await look(session, state, inputOf(estate, job, options.project), options);
      if (plan === undefined) {
        printFollowed(run, options);
        return exitCodeOfRun(run);
      }
      looks.push({ job, plan });
    }
    const { job, plan } = chosen(options.project, looks);
    if (plan.found === 'nothing') throw new Error('what was chosen was found');
    if (options.plan) return printPlan(job, plan, options);
    return start(session, state, inputOf(estate, job, plan.project), options);
  });
}

const inputOf = (estate: Estate, job: string, project: string): RecallInput => {
  const { kind: _, ...input } = jobInput(estate, job);
  return { ...input, project };
};

/** Asks one host; `plan` is undefined if it did not answer. */
async function look(
  session: Session,
  state: State,
  input: RecallInput,
  options: RecallOptions,
): Promise<{ run: RunView; plan: RecallPlan | undefined }> {
  const { handle, runId, startedHere } = await startWorkflow(
    session,
    'recallPlan',
    input,
    recallPlanStart(input),
  );
  const run = await followRun(
    { ...{ session, state, runId, startedHere }, workflowId: handle.workflowId, ...subjectOf(input) },
    options,
  );
  return { run, plan: run.outcome === 'complete' ? planOf(run.result) : undefined };
}

async function start(
  session: Session,
  state: State,
  input: RecallInput,
  options: RecallOptions,
): Promise<number> {
  const { handle, runId, startedAt, startedHere } = await startWorkflow(
    session,
    'recall',
    input,
    recallStart(input),
  );
  const { workflowId } = handle;
  if (!startedHere) note(`${input.project} is being recalled already; attached to that run (${runId}).`);
  const { subject, host } = subjectOf(input);
  if (options.detach) {
    const view = { workflowId, runId, outcome: null, startedAt: startedAt.toISOString(), endedAt: null };
    if (options.json) printJson({ ...subject, ...view, result: null });
    else printLine(`${input.project} is recalled by ${workflowId} (${runId})`);
    if (!options.json) note(`Follow it with \`fts watch ${workflowId}\`.`);
    return ExitCode.complete;
  }
  const followed = { session, state, subject, host, workflowId, runId, startedHere };
  return exitCodeOfRun(await followAndPrint(followed, options));
}

const subjectOf = ({ project, job, host }: RecallInput) => ({
  subject: { project, job, kind: 'recall' as const },
  host,
});

/** 0 if the recall would go well; 1 if something speaks against it. */
function printPlan(
  job: string,
  plan: Exclude<RecallPlan, { found: 'nothing' }>,
  { json }: RecallOptions,
): number {
  const conflicts = 'conflicts' in plan ? plan.conflicts : [];
  if (json) printJson({ job, ...plan, conflicts });
  else for (const line of planLines(plan)) printLine(line);
  return conflicts.length === 0 ? ExitCode.complete : ExitCode.unhealthy;
}
