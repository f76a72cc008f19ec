/** A process that rebuilds as a host's worker does, and kills itself after a step: `node rebuild-child.js JSON`. */
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import { State } from '../../src/adapters/state.js';
import type { RebuildRequest } from '../../src/domain/rebuild-run.js';
import { rebuildSteps } from './rebuild-steps.js';

/** What the process is told. */
export interface RebuildChild {
  /** The estate, and the folder of all states. */
  file: string;
  state: string;
  request: RebuildRequest;
  /** The run of the workflow. */
  run: string;
  /** After this step, when it has been taken so often. */
  die: { step: RestoreStep; time: number };
}

const { file, state, request, run, die } = JSON.parse(process.argv[2] ?? '') as RebuildChild;
let times = 0;
const { rebuild } = await rebuildSteps(
  { file, state: new State(state, 'testbed') },
  {
    onStep: (step) => {
      if (step !== die.step) return;
      times += 1;
      if (times === die.time) process.kill(process.pid, 'SIGKILL');
    },
  },
);
await rebuild(request, run);
