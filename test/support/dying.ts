import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { CrashPoint } from '../../src/adapters/crash-point.js';
import { compiled } from './fts.js';
import { temporaryFolder } from './temporary-folder.js';

/** Where a process is to end, the `number`th time (1) that it passes there. */
export interface Death {
  at: CrashPoint;
  /** Of what: a record, a command, a step. */
  of?: string;
  number?: number;
}

/** The address of a compiled module, for the text of a program. */
export const moduleAt = (file: string): string => JSON.stringify(pathToFileURL(compiled(file)).href);

const packageAt = (name: string): string =>
  JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve(name)).href);

/** Runs the text of an ES module in a process of its own, which kills itself there by SIGKILL. Fails if it gets by. */
export async function dies(program: string, { at, of = '', number = 1 }: Death): Promise<void> {
  const listener = `(at, of) => {
    if (at === ${JSON.stringify(at)} && of === ${JSON.stringify(of)} && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
  }`;
  const text = `let left = ${String(number)}; globalThis[Symbol.for('fts.crash-point')] = ${listener};\n${program}`;
  const { signal, stdout, stderr } = await run(text);
  expect(signal, `it did not pass ${at} ${of}: ${stdout}${stderr}`).toBe('SIGKILL');
}

/** From a file: a program that is an argument hands Node's options for it on to its threads. */
async function run(text: string) {
  const file = join(await temporaryFolder(), 'program.mjs');
  await writeFile(file, text);
  return execa(process.execPath, [file], { reject: false });
}

/** A host whose activities can be run in a process of their own. */
export interface DyingHost {
  /** The estate file. */
  file: string;
  /** Folder of the state of all estates. */
  stateRoot: string;
  /** Run of the workflow. */
  run?: string;
}

/** The text of a program that runs activities of a host one after the other, as attempts of one run of a workflow. */
export function attempt(
  { file, stateRoot, run: runId = 'run-1' }: DyingHost,
  ...calls: (readonly [string, unknown])[]
): string {
  return `
    import { MockActivityEnvironment } from ${packageAt('@temporalio/testing')};
    import { DefaultLogger } from ${packageAt('@temporalio/worker')};
    import { State } from ${moduleAt('src/adapters/state.js')};
    import { createEstateSource } from ${moduleAt('src/estate/source.js')};
    import { createHostActivities } from ${moduleAt('workers/host-activities.js')};
    const estates = await createEstateSource(${JSON.stringify(file)}, (error) => { throw error; });
    const state = new State(${JSON.stringify(stateRoot)}, 'testbed');
    const activities = createHostActivities({ host: 'here', estates, state });
    const logger = new DefaultLogger('ERROR', () => undefined);
    const info = { workflowExecution: { workflowId: 'testbed/run', runId: ${JSON.stringify(runId)} } };
    for (const [name, input] of ${JSON.stringify(calls)}) {
      await new MockActivityEnvironment(info, { logger }).run(activities[name], input);
    }`;
}
