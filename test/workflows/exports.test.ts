import { expect, it } from 'vitest';
import * as workflows from '../../workflows/index.js';

/** Whatever is exported can be started by name, by anybody who reaches the server. */
it('only these workflows can be started', () => {
  expect(Object.keys(workflows).sort()).toEqual([
    'backup',
    'check',
    'drill',
    'due',
    'graduation',
    'mirror',
    'provision',
    'purge',
    'rebuild',
    'rebuildPlan',
    'recall',
    'recallPlan',
    'restore',
    'restorePlan',
    'snapshot',
  ]);
});
