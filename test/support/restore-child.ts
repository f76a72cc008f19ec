/** A process that restores as a host's worker does, and may kill itself after a step: `node restore-child.js JSON`. Prints the result. */
import type { RestoreStep } from '../../src/adapters/restore/context.js';
import { State } from '../../src/adapters/state.js';
import type { RestoreRequest } from '../../src/domain/restore.js';
import { restoreSteps } from './restore-steps.js';

/** What the process is told. */
export interface RestoreChild {
  /** The estate, and the folder of all states. */
  file: string;
  state: string;
  request: RestoreRequest;
  /** Gives it up in place of restoring. */
  discards?: boolean;
  /** After this step, when it has been taken so often. */
  die?: { step: RestoreStep; time: number };
}

const { file, state, request, discards, die } = JSON.parse(process.argv[2] ?? '') as RestoreChild;
let times = 0;
const steps = await restoreSteps(
  { file, state: new State(state, 'testbed') },
  {
    onStep: (step) => {
      if (step !== die?.step) return;
      times += 1;
      if (times === die.time) process.kill(process.pid, 'SIGKILL');
    },
  },
);
process.stdout.write(
  JSON.stringify((await (discards ? steps.discard(request.id) : steps.restore(request))) ?? null),
);
