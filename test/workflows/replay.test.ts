import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { quietRuntime } from '../support/quiet-runtime.js';
import { HISTORIES, bundleWorkflows } from '../support/workflow-bed.js';

const shapes = (await readdir(HISTORIES)).map((file) => basename(file, '.json'));

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  quietRuntime();
  workflowBundle = await bundleWorkflows();
});

it('there is a history of every shape that a run can have', () => {
  expect(shapes.sort()).toEqual([
    'backup-complete',
    'due-skipped',
    'due-started',
    'mirror-complete',
    'mirror-held',
    'mirror-partial',
    'mirror-still',
    'purge-complete',
    'purge-held',
    'recall-complete',
    'recall-failed',
    'recall-plan',
    'snapshot-cancelled',
    'snapshot-complete',
    'snapshot-failed',
    'snapshot-first',
    'snapshot-partial',
    'snapshot-pruned',
    'snapshot-skipped',
  ]);
});

/** A run that goes on under newer code must go on as it began. `FTS_RECORD_HISTORIES=1 npx vitest run --dir test workflows` records anew. */
describe('a run that began with earlier code', () => {
  it.each(shapes)('%s goes on with the code of today', async (shape) => {
    const history: unknown = JSON.parse(await readFile(join(HISTORIES, `${shape}.json`), 'utf8'));
    await Worker.runReplayHistory({ workflowBundle }, history);
  });
});
