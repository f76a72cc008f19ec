import { jobInput } from '../../schedules/job-start.js';
import { State, stateRoot } from '../adapters/state.js';
import { jobStart } from '../domain/job-start.js';
import { ExitCode } from '../domain/outcome.js';
import { formatDuration } from '../domain/units.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { exitCodeOfRun, followAndPrint } from './followed-command.js';
import { knownJob } from './known-name.js';
import { note, printJson, printLine } from './output.js';
import type { RunView } from './run-view.js';
import { type StartedRun, startWorkflow } from './start-workflow.js';

export interface RunOptions {
  estate?: string;
  job: string;
  json: boolean;
  detach: boolean;
  force: boolean;
  timeoutSeconds?: number | undefined;
}

/** `fts run`: starts a job, or attaches to the run that is going, and follows it to its end. */
export async function run(options: RunOptions): Promise<number> {
  const { estate } = await loadEstateOption(options.estate);
  knownJob(estate, options.job);
  const input = jobInput(estate, options.job, { force: options.force });
  const state = new State(stateRoot(process.env), estate.estate);
  return withSession(async (session) => {
    const started = await startWorkflow(session, input.kind, input, jobStart(input));
    sayHowItBegan(options, started);
    const { handle, runId, startedHere } = started;
    const subject = { job: input.job, kind: input.kind };
    const { workflowId } = handle;
    if (options.detach) {
      printDetached(options, { ...subject, workflowId, runId, ...notEnded(started) });
      return ExitCode.complete;
    }
    const followed = { session, state, subject, workflowId, runId, host: input.host, startedHere };
    return exitCodeOfRun(await followAndPrint(followed, options));
  });
}

function sayHowItBegan({ job, force }: RunOptions, { startedHere, startedAt, runId }: StartedRun): void {
  if (startedHere) return;
  const age = formatDuration((Date.now() - startedAt.getTime()) / 1000);
  note(`${job} is running already, since ${age}; attached to that run (${runId}).`);
  if (force) note('--force changes nothing in a run that is going.');
}

const notEnded = ({ startedAt }: StartedRun) => ({
  outcome: null,
  startedAt: startedAt.toISOString(),
  endedAt: null,
  result: null,
});

function printDetached({ json, job }: RunOptions, view: RunView): void {
  if (json) {
    printJson(view);
    return;
  }
  printLine(`${job} runs as ${view.workflowId} (${view.runId})`);
  note(`Follow it with \`fts watch ${job}\`.`);
}
