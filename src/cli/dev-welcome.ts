import type { DevSetting } from './dev-plans.js';
import { LOOPBACK } from './dev-ports.js';
import { note } from './output.js';

/** Where Temporal's command-line tools look by themselves. */
const DEFAULT_PORT = 7233;

/** Says where the Web UI is and what to type next. */
export function tellHowToGoOn(
  { loaded, host, port, uiPort }: DevSetting,
  estateOption: string | undefined,
): void {
  const fts = estateOption === undefined ? 'fts' : `fts --estate ${estateOption}`;
  const [job] = Object.keys(loaded.estate.jobs);
  note(`Estate ${loaded.estate.estate}, working as host ${host}.`);
  note(`Temporal's Web UI: http://${LOOPBACK}:${String(uiPort)}`);
  note('In another terminal:');
  if (port !== DEFAULT_PORT) note(`  export TEMPORAL_ADDRESS=${LOOPBACK}:${String(port)}`);
  if (job !== undefined) note(`  ${fts} run ${job}`);
  note(`  ${fts} status`);
}
