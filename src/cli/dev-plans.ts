import type { State } from '../adapters/state.js';
import type { LoadedEstate } from '../estate/load.js';
import type { ChildPlan } from './dev-child.js';
import { devEnvironment } from './dev-environment.js';
import type { DevPorts } from './dev-ports.js';

/** What `fts dev` runs, where, and for whom. */
export interface DevSetting extends DevPorts {
  loaded: LoadedEstate;
  state: State;
  host: string;
  /** File that holds the Temporal server's whole history. */
  database: string;
}

export function serverPlan({ state, database, port, uiPort }: DevSetting): ChildPlan {
  const ports = ['--port', String(port), '--ui-port', String(uiPort)];
  const args = ['--db', database, ...ports, '--log', state.path('logs', 'temporal-server.log')];
  return { name: 'Temporal server', entry: 'embedded-server', args, environment: process.env };
}

export function controlPlan(setting: DevSetting): ChildPlan {
  const args = ['--estate', setting.loaded.file];
  return { name: 'control worker', entry: 'control', args, environment: workerEnvironment(setting) };
}

/** Whoever starts `fts dev` on a machine has said which host that is, or it was found out. */
export function hostPlan(setting: DevSetting): ChildPlan {
  const args = ['--estate', setting.loaded.file, '--host', setting.host, '--as-host'];
  return { name: 'host worker', entry: 'host', args, environment: workerEnvironment(setting) };
}

const workerEnvironment = ({ state, port }: DevSetting): NodeJS.ProcessEnv =>
  devEnvironment(process.env, { port, absentFile: state.path('no-temporal.toml') });
