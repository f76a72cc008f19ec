import { Buffer } from 'node:buffer';
import proto from '@temporalio/proto';

const TIME = { seconds: 1_700_000_000, nanos: 5_000_000 };
const payload = (value) => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(value)),
});
const fieldsOf = (values) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, payload(value)]));

const range = [{ start: 1, end: 2, step: 1 }];
const calendar = {
  second: range,
  minute: range,
  hour: range,
  dayOfMonth: range,
  month: range,
  dayOfWeek: range,
};

const RUN = {
  execution: { workflowId: 'miket/flux-snapshot', runId: 'a run' },
  type: { name: 'snapshot' },
  ...{ startTime: TIME, executionTime: TIME, closeTime: TIME, executionDuration: TIME },
  ...{ status: 2, historyLength: 10, stateTransitionCount: 8, historySizeBytes: 2000 },
  taskQueue: 'fts-control',
  memo: { fields: fieldsOf({ report: { outcome: 'complete', result: null } }) },
  searchAttributes: { indexedFields: fieldsOf({ FtsOutcome: 'complete' }) },
  rootExecution: { workflowId: 'miket/flux-snapshot', runId: 'a run' },
  versioningInfo: { behavior: 1 },
};

/** What Temporal answers to `fts status`, with one of each thing that it tells; all other messages are empty. */
const ANSWERS = {
  GetSystemInfo: { serverVersion: '1.0.0', capabilities: { supportsSchedules: true } },
  DescribeTaskQueue: {
    pollers: [
      { lastAccessTime: TIME, identity: '1@server', workerVersionCapabilities: { buildId: 'a build' } },
    ],
    versioningInfo: { currentVersion: 'a build' },
    effectiveRateLimit: { requestsPerSecond: 1, rateLimitSource: 1 },
  },
  ListWorkflowExecutions: {
    executions: [RUN],
  },
  DescribeWorkflowExecution: { workflowExecutionInfo: RUN },
  ListSchedules: {
    schedules: [
      {
        scheduleId: 'miket/flux-snapshot',
        memo: { fields: fieldsOf({ createdAt: '2026-01-01T00:00:00.000Z' }) },
        searchAttributes: { indexedFields: fieldsOf({ FtsJob: 'flux-snapshot' }) },
        info: {
          spec: {
            structuredCalendar: [calendar],
            excludeStructuredCalendar: [calendar],
            jitter: TIME,
            timezoneName: 'UTC',
          },
          workflowType: { name: 'due' },
          recentActions: [
            {
              ...{ scheduleTime: TIME, actualTime: TIME, startWorkflowStatus: 2 },
              startWorkflowResult: { workflowId: 'miket/flux-snapshot/due', runId: 'a run' },
            },
          ],
          futureActionTimes: [TIME],
        },
      },
    ],
  },
};

/** The bytes of an answer to a call of Temporal's. */
export function sampleAnswer(method) {
  const answer = ANSWERS[method];
  if (answer === undefined) return Buffer.alloc(0);
  const type = proto.temporal.api.workflowservice.v1[`${method}Response`];
  return type.encode(type.fromObject(answer)).finish();
}
