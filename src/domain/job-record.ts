import type { Outcome } from './outcome.js';
import type { RunError } from './job.js';

/** How one run of a job ended, as its host keeps it. Times are RFC 3339 UTC. */
export interface EndedRun {
  workflowId: string;
  runId: string;
  outcome: Outcome;
  startedAt: string;
  endedAt: string;
  result: unknown;
  error?: RunError | undefined;
}

/** The host's record of a job: it outlives Temporal's retention, and answers when Temporal is away. */
export interface JobRecord {
  job: string;
  kind: string;
  /** The last complete run; `partial` is none. */
  lastSuccess?: EndedRun | undefined;
  last: EndedRun;
}
