import { TOOL_CLEAN_UP_MS } from '../domain/patience.js';

const SHORTENED = Symbol.for('fts.tool-clean-up');

/** How long a tool may clean up before it is killed (milliseconds). A test may shorten it in its own process; in production nobody does. */
export const toolCleanUpMs = (): number =>
  (globalThis as { [SHORTENED]?: number })[SHORTENED] ?? TOOL_CLEAN_UP_MS;
