export { backup } from './backup.js';
export { due } from './due.js';
export { graduation } from './graduation.js';
export { provision } from './provision.js';
export { purge } from './purge.js';
export { snapshot } from './snapshot.js';
