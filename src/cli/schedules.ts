import { applySchedules as apply, planSchedules as plan } from '../../schedules/apply.js';
import type { ScheduleDiff } from '../../schedules/diff.js';
import { listSchedules as list } from '../../schedules/list.js';
import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { note, printJson, printLine } from './output.js';
import { keepLines, redeclaredJobs } from './keep-changes-view.js';
import { diffJson, diffLines, scheduleTable, summaryOf } from './schedules-view.js';

export interface SchedulesOptions {
  estate?: string;
  json: boolean;
}

/** `fts schedules plan`: what `apply` would do, and which snapshots a changed `keep` will remove. Changes nothing, and always ends with 0. */
export async function planSchedules({ estate: file, json }: SchedulesOptions): Promise<number> {
  const loaded = await loadEstateOption(file);
  const { estate } = loaded;
  const diff = await withSession(({ client }) => plan(client, estate));
  const { keepChanges } = await import('./keep-changes.js');
  const state = new State(stateRoot(process.env), estate.estate);
  const retention = await keepChanges(loaded, state, redeclaredJobs(diff, estate.estate));
  if (json) {
    printJson({ ...diffJson(diff), retention: retention.slice(0, 50) });
    return ExitCode.complete;
  }
  for (const line of [...diffLines(diff), ...keepLines(retention, estate.timezone)]) printLine(line);
  const same = diff.create.length + diff.update.length + diff.remove.length === 0;
  note(
    same
      ? `Nothing to do; ${String(diff.unchanged.length)} unchanged.`
      : 'Run `fts schedules apply` to do this.',
  );
  return ExitCode.complete;
}

/** `fts schedules apply`: makes the schedules what the estate declares, and says what was done. */
export async function applySchedules({ estate: file, json }: SchedulesOptions): Promise<number> {
  const { estate } = await loadEstateOption(file);
  const diff = await withSession(({ client }) => apply(client, estate));
  printDiff(diff, json);
  if (json) return ExitCode.complete;
  note(`Schedules: ${summaryOf(diff)}.`);
  return ExitCode.complete;
}

/** `fts schedules list`: our schedules that are in place. */
export async function listSchedules({ estate: file, json }: SchedulesOptions): Promise<number> {
  const { estate } = await loadEstateOption(file);
  const schedules = await withSession(({ client }) => list(client, estate));
  if (json)
    printJson({
      estate: estate.estate,
      counts: { schedules: schedules.length },
      schedules: schedules.slice(0, 50),
    });
  else if (schedules.length > 0) printLine(scheduleTable(schedules));
  else note('No schedules are in place; `fts schedules apply` makes them.');
  return ExitCode.complete;
}

function printDiff(diff: ScheduleDiff, json: boolean): void {
  if (json) printJson(diffJson(diff));
  else for (const line of diffLines(diff)) printLine(line);
}
