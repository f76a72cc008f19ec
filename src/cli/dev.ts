import { resolve } from 'node:path';
import { State, stateRoot } from '../adapters/state.js';
import { findTool } from '../adapters/tools.js';
import { shellWord } from '../domain/hold.js';
import { type ChildPlan, ChildFailed, SupervisedChild } from './dev-child.js';
import { followEstate } from './dev-estate.js';
import { devHost } from './dev-host.js';
import { ownEstateAndDatabase } from './dev-owner.js';
import { type DevSetting, controlPlan, hostPlan, serverPlan } from './dev-plans.js';
import { devPorts } from './dev-ports.js';
import { applyDevSchedules } from './dev-schedules.js';
import { StopRequested, watchForStop } from './dev-stop.js';
import { tellHowToGoOn } from './dev-welcome.js';
import { loadEstateOption } from './estate-option.js';
import { note } from './output.js';

export interface DevOptions {
  estate?: string;
  host?: string;
  port?: number;
  uiPort?: number;
  db?: string;
}

/** Programs may wait for this line on stderr: everything runs and the schedules are in place. */
const READY_LINE = 'ready';

/** SQLite's words for a file that it cannot use. */
const DAMAGED_DATABASE = /file is not a database|database disk image is malformed/;

const withoutDatabase = (file: string): string =>
  `hint: \`mv ${shellWord(file)} ${shellWord(`${file}.damaged`)}\` and start again: schedules are made anew, and the host's own records keep how each job last ended`;

/** `fts dev`: Temporal, both workers and the schedules on one machine, kept running until told to end. */
export async function dev(options: DevOptions): Promise<number> {
  const loaded = await loadEstateOption(options.estate);
  const state = new State(stateRoot(process.env), loaded.estate.estate);
  const host = devHost(loaded.estate, options.host);
  const database = options.db === undefined ? state.path('temporal.db') : resolve(options.db);
  await findTool('temporal');
  const giveUp = await ownEstateAndDatabase(state.path('dev.json'), database);
  try {
    const ports = await devPorts(options);
    return await supervise({ loaded, state, host, database, ...ports }, options);
  } finally {
    await giveUp();
  }
}

async function supervise(setting: DevSetting, options: DevOptions): Promise<number> {
  const stop = watchForStop();
  const started: SupervisedChild[] = [];
  const ending = new AbortController();
  stop.onImpatience(() => {
    for (const child of started) child.kill();
  });
  const start = (plan: ChildPlan): SupervisedChild => {
    const child = new SupervisedChild(plan);
    started.push(child);
    return child;
  };
  const unlessEnded = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([work, stop.requested, ...started.map(({ ended }) => ended.then(() => work))]);
  try {
    await unlessEnded(start(serverPlan(setting)).ready);
    const workers = [start(controlPlan(setting)), start(hostPlan(setting))];
    await unlessEnded(Promise.all(workers.map(({ ready }) => ready)));
    await unlessEnded(applyDevSchedules(setting));
    tellHowToGoOn(setting, options.estate);
    note(READY_LINE);
    return await unlessEnded(followEstate(setting, ending.signal).then(() => stop.requested));
  } catch (error) {
    if (error instanceof StopRequested) return error.exitCode;
    if (!(error instanceof ChildFailed)) throw error;
    note(`fts dev ends: ${error.message}`);
    for (const line of error.lines) note(`  ${line.replaceAll('\n', '\n  ')}`);
    if (error.lines.some((line) => DAMAGED_DATABASE.test(line))) note(withoutDatabase(setting.database));
    return error.exitCode;
  } finally {
    ending.abort();
    const [server, ...workers] = started;
    await Promise.all(workers.map((child) => child.stop()));
    await server?.stop();
  }
}
