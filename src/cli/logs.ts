import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { CONTROL_QUEUE, hostQueue } from '../domain/queues.js';
import { type Paint, paintFor } from './colour.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { findRun } from './find-run.js';
import { formatTime, printableText } from './format.js';
import { historyTimeline } from './history-timeline.js';
import { hostsHere } from './hosts-here.js';
import { note, printJson, printLine } from './output.js';
import { type TimelineEntry, mergeTimelines } from './timeline.js';
import { loggedLines } from './logged-lines.js';

export interface LogsOptions {
  estate?: string;
  id: string;
  json: boolean;
}

/** `fts logs`: what happened in a run, step by step, with what its workers logged where that is on this machine. */
export async function logs({ estate: file, id, json }: LogsOptions): Promise<number> {
  const loaded = await loadEstateOption(file);
  const state = new State(stateRoot(process.env), loaded.estate.estate);
  return withSession(async (session) => {
    const { info, host } = await findRun(session, loaded, id);
    const { workflowId, runId } = info;
    const [history, logged] = await Promise.all([
      session.client.workflow.getHandle(workflowId, runId).fetchHistory(),
      loggedLines(state, [CONTROL_QUEUE, hostQueue(host)], runId),
    ]);
    const entries = mergeTimelines(historyTimeline(history.events ?? []), logged);
    if (json) {
      printJson({ workflowId, runId, entries });
      return ExitCode.complete;
    }
    note(`${workflowId} (${runId})`);
    const paint = paintFor(process.stdout);
    const { timezone } = loaded.estate;
    for (const entry of entries) printLine(entryLine(entry, timezone, paint));
    if (host !== '' && !(await hostsHere(loaded, state)).has(host))
      note(`What the worker logged is on ${host}.`);
    return ExitCode.complete;
  });
}

function entryLine(
  { at, source, step, attempt, level, message, error }: TimelineEntry,
  timeZone: string,
  paint: Paint,
): string {
  const again = attempt !== undefined && attempt > 1 ? ` (attempt ${String(attempt)})` : '';
  const who = step === undefined ? '' : `${step}${again}: `;
  const why = error === undefined ? '' : `, ${paint('red', error.type)}: ${printableText(error.message)}`;
  const text = `${who}${printableText(message)}${why}`;
  const time = paint('dim', formatTime(new Date(at), { seconds: true, timeZone }));
  if (source === 'history') return `${time}  ${text}`;
  return `${time}  ${paint('dim', `[${level ?? 'info'}]`)} ${text}`;
}
