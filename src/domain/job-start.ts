import { jobWorkflowId } from './ids.js';
import type { JobInput } from './job.js';
import { CONTROL_QUEUE } from './queues.js';
import { SearchAttribute } from './search-attributes.js';

/** One search attribute of type Keyword, in the shape that client, schedule and child workflow options share. */
export interface KeywordAttribute {
  key: { name: string; type: 'KEYWORD' };
  value: string;
}

/** What whoever starts a job's workflow gives Temporal beside the input. Spread into the start options. */
export interface JobStart {
  workflowId: string;
  taskQueue: string;
  typedSearchAttributes: KeywordAttribute[];
  /** One line, shown by the Web UI in lists. */
  staticSummary: string;
  /** Markdown, shown by the Web UI on the run's page. */
  staticDetails: string;
}

/** Start options of a job's workflow, the same from `fts run` and from `due`. All of it follows from the input. */
export function jobStart(input: JobInput): JobStart {
  const { estate, job, kind, host } = input;
  return {
    workflowId: jobWorkflowId(estate, job),
    taskQueue: CONTROL_QUEUE,
    typedSearchAttributes: jobSearchAttributes(input),
    staticSummary: `${job}: ${kind} on ${host}`,
    staticDetails: `Job \`${job}\` of the estate \`${estate}\`: a ${kind}, done by the worker of host \`${host}\`.`,
  };
}

/** By these the Web UI and `fts` find a job's runs; `due` and `recall` carry them too. */
export function jobSearchAttributes({
  estate,
  job,
  kind,
  host,
}: Pick<JobInput, 'estate' | 'job' | 'host'> & { kind: string }): KeywordAttribute[] {
  return [
    keyword(SearchAttribute.estate, estate),
    keyword(SearchAttribute.job, job),
    keyword(SearchAttribute.kind, kind),
    keyword(SearchAttribute.host, host),
  ];
}

const keyword = (name: string, value: string): KeywordAttribute => ({
  key: { name, type: 'KEYWORD' },
  value,
});
