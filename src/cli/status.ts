import { expectProbes } from '../adapters/volume/probe-run.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { rememberedEstate } from './remembered-estate.js';
import { onInterrupt, pause } from './interrupt.js';
import { printJson, printLine } from './output.js';
import { type GatheredStatus, gatherStatus } from './status-gather.js';
import { statusText } from './status-text.js';

/** How often `--watch` looks anew (milliseconds). */
const WATCH_INTERVAL_MS = 2000;

const CLEAR_SCREEN = '\u001b[H\u001b[2J\u001b[3J';

export interface StatusOptions {
  estate?: string;
  watch: boolean;
  json: boolean;
}

/** `fts status`: whether everything is as it should be. */
export async function status({ estate: file, watch, json }: StatusOptions): Promise<number> {
  if (watch && json)
    throw new UsageError('--watch and --json exclude each other', { hint: 'call `fts status --json` again' });
  expectProbes();
  const loaded = await rememberedEstate(file);
  if (watch) return watchStatus(() => gatherStatus(loaded));
  const gathered = await gatherStatus(loaded);
  if (json) printJson(gathered.view);
  else printLine(statusText(gathered));
  return exitCode(gathered);
}

/** 3 when Temporal is away, although the last records were shown. */
function exitCode({ view }: GatheredStatus): number {
  if (view.temporal === 'down') return ExitCode.unreachable;
  return view.healthy ? ExitCode.complete : ExitCode.unhealthy;
}

async function watchStatus(gather: () => Promise<GatheredStatus>): Promise<number> {
  const { signal, dispose } = onInterrupt();
  try {
    while (!signal.aborted) {
      const text = statusText(await gather());
      printLine((process.stdout.isTTY ? CLEAR_SCREEN : '') + text);
      await pause(WATCH_INTERVAL_MS, signal);
    }
    return ExitCode.interrupted;
  } finally {
    dispose();
  }
}
