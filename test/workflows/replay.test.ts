import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as workflows from '../../workflows/index.js';
import { quietRuntime } from '../support/quiet-runtime.js';
import { HISTORIES, bundleWorkflows } from '../support/workflow-bed.js';

const Recorded = z.looseObject({
  events: z.array(
    z.looseObject({
      workflowExecutionStartedEventAttributes: z
        .looseObject({ workflowType: z.looseObject({ name: z.string() }) })
        .optional(),
    }),
  ),
});

const shapes = (await readdir(HISTORIES)).map((file) => basename(file, '.json')).sort();

const history = async (shape: string) =>
  Recorded.parse(JSON.parse(await readFile(join(HISTORIES, `${shape}.json`), 'utf8')));

let workflowBundle: WorkflowBundle;
beforeAll(async () => {
  quietRuntime();
  workflowBundle = await bundleWorkflows();
});

/** What a run of each workflow can come to. `backup` is `snapshot` by another name. */
const SHAPES: Record<keyof typeof workflows, readonly string[]> = {
  backup: ['complete'],
  check: ['complete', 'failed'],
  drill: ['complete', 'failed'],
  due: ['skipped', 'started'],
  graduation: ['complete', 'failed', 'held'],
  mirror: ['complete', 'failed', 'held', 'partial', 'skipped', 'still'],
  provision: ['cancelled', 'complete', 'failed'],
  purge: ['complete', 'failed', 'held', 'partial'],
  rebuild: ['cancelled', 'complete', 'continued', 'failed', 'partial'],
  rebuildPlan: ['complete'],
  recall: ['complete', 'failed'],
  recallPlan: ['complete'],
  restore: ['cancelled', 'cancelled-later', 'complete', 'failed', 'failed-later', 'partial', 'refused'],
  restorePlan: ['complete'],
  snapshot: [...['cancelled', 'complete', 'failed', 'first', 'partial'], ...['pruned', 'retried', 'skipped']],
};

it('there is a history of every shape that a run of every workflow can have, and no other', () => {
  expect(Object.keys(SHAPES).sort()).toEqual(Object.keys(workflows).sort());
  const expected = Object.entries(SHAPES).flatMap(([workflow, ends]) =>
    ends.map((end) => `${workflow}-${end}`),
  );
  expect(shapes).toEqual(expected.sort());
});

it.each(shapes)('%s is a history of the workflow that it is named for', async (shape) => {
  const [first] = (await history(shape)).events;
  const name = first?.workflowExecutionStartedEventAttributes?.workflowType.name;
  expect(name).toBe(shape.split('-')[0]);
});

/** A run that goes on under newer code must go on as it began. `FTS_RECORD_HISTORIES=1 npx vitest run --dir test workflows` records anew. */
describe('a run that began with earlier code', () => {
  it.each(shapes)('%s goes on with the code of today', async (shape) => {
    await Worker.runReplayHistory({ workflowBundle }, await history(shape));
  });
});
