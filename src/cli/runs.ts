import { jobWorkflowId } from '../domain/ids.js';
import { ExitCode } from '../domain/outcome.js';
import { formatDuration } from '../domain/units.js';
import { paintFor } from './colour.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { subjectOf } from './find-run.js';
import { formatTime } from './format.js';
import { knownJob } from './known-name.js';
import { note, printJson, printLine } from './output.js';
import { OUTCOME_STYLE, movedText, subjectName } from './run-summary.js';
import { type RunView, listedRun } from './run-view.js';
import { table } from './table.js';
import { estateRunsQuery, jobRunsQuery, listRuns } from './visibility.js';

export interface RunsOptions {
  estate?: string;
  job?: string | undefined;
  limit: number;
  json: boolean;
}

/** `fts runs`: the runs that Temporal still keeps, newest first. */
export async function runs({ estate: file, job, limit, json }: RunsOptions): Promise<number> {
  const { estate } = await loadEstateOption(file);
  if (job !== undefined) knownJob(estate, job);
  const id = jobWorkflowId(estate.estate, job ?? '');
  const query = job === undefined ? estateRunsQuery(estate.estate, ['recall', 'restore']) : jobRunsQuery(id);
  const infos = await withSession(({ client }) => listRuns(client, query, limit));
  const views = infos.map((info) => listedRun(subjectOf(estate, info), info));
  if (json) printJson({ estate: estate.estate, runs: views });
  else if (views.length === 0) note('No runs yet. Start one with `fts run JOB`.');
  else printRuns(views, estate.timezone, job);
  return ExitCode.complete;
}

/** Of all jobs, each run with its job; of one job, each with the id by which it can be named. */
function printRuns(views: readonly RunView[], timeZone: string, job: string | undefined): void {
  const which = job === undefined ? 'JOB' : 'RUN';
  printLine(
    table(
      ['STARTED', which, 'OUTCOME', 'TOOK', 'WHAT IT DID'],
      views.map((view) => row(view, timeZone, job)),
    ),
  );
  if (job === undefined) note('\n`fts runs JOB` shows the id of each run.');
}

function row(view: RunView, timeZone: string, job: string | undefined): string[] {
  const paint = paintFor(process.stdout);
  const { outcome, startedAt, endedAt, runId } = view;
  const end = endedAt === null ? Date.now() : Date.parse(endedAt);
  return [
    formatTime(new Date(startedAt), { timeZone }),
    job === undefined ? subjectName(view) : runId,
    outcome === null ? paint('cyan', 'running') : paint(OUTCOME_STYLE[outcome], outcome),
    formatDuration((end - Date.parse(startedAt)) / 1000),
    view.error === undefined ? movedText(view.result) : `${view.error.type}: ${view.error.message}`,
  ];
}
