import type { Conflict, Conflicts } from './restore.js';

/** So many are in a result itself, and no more bytes of JSON than leave it below 12 KiB. */
const LISTED = 50;
const LISTED_BYTES = 8 * 1024;

/** Counts conflicts, and keeps as many of the first as a result may hold. */
export function firstConflicts() {
  const first: Conflict[] = [];
  let count = 0;
  let bytes = 0;
  let isFull = false;
  return {
    add: (conflict: Conflict): void => {
      count += 1;
      bytes += JSON.stringify(conflict).length * 2; // a character may be two bytes or more
      isFull ||= first.length >= LISTED || bytes > LISTED_BYTES;
      if (!isFull) first.push(conflict);
    },
    result: (): Conflicts => ({ count, first }),
  };
}
