export { backup } from './backup.js';
export { due } from './due.js';
export { provision } from './provision.js';
export { snapshot } from './snapshot.js';
