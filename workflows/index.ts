export { backup } from './backup.js';
export { due } from './due.js';
export { graduation } from './graduation.js';
export { provision } from './provision.js';
export { purge } from './purge.js';
export { recall } from './recall.js';
export { recallPlan } from './recall-plan.js';
export { snapshot } from './snapshot.js';
