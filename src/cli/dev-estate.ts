import { basename } from 'node:path';
import type { ScheduleDiff } from '../../schedules/diff.js';
import { canonicalJson } from '../domain/declaration.js';
import type { LoadedEstate } from '../estate/load.js';
import { type EstateSource, createEstateSource } from '../estate/source.js';
import type { DevSetting } from './dev-plans.js';
import { applyOn } from './dev-schedules.js';
import { pause } from './interrupt.js';
import { note } from './output.js';
import { diffLines, summaryOf } from './schedules-view.js';

/** How often it is looked whether the file changed (milliseconds). */
const LOOK_INTERVAL_MS = 1000;

/**
 * Applies the schedules again whenever what the estate file says changed, until the signal, and tells what that did.
 * A file that does not load, or that this `fts dev` cannot serve, changes nothing, and is told about once.
 */
export async function followEstate(setting: DevSetting, signal: AbortSignal): Promise<void> {
  const { loaded, port } = setting;
  const name = basename(loaded.file);
  const trouble = new Set<string>();
  const tell = (text: string): void => {
    if (!trouble.has(text)) note(text);
    trouble.add(text);
  };
  const isEnding = (): boolean => signal.aborted;
  let source: EstateSource | undefined;
  let applied = loaded;
  for (;;) {
    await pause(LOOK_INTERVAL_MS, signal);
    if (isEnding()) return;
    try {
      source ??= await createEstateSource(loaded.file, (error) => {
        tell(rejection(name, error));
      });
      const current = await source.current();
      if (current === applied) continue;
      const hindrance = unservable(setting, current);
      if (hindrance !== undefined) tell(`${name} changed: ${hindrance}; end \`fts dev\` and start it again`);
      else if (canonicalJson(current.estate) !== canonicalJson(applied.estate)) {
        noteChange(name, await applyOn(port, current.estate));
      } else if (trouble.size > 0) note(`${name} is as it was before.`);
      if (hindrance !== undefined) continue;
      applied = current;
      trouble.clear();
    } catch (error) {
      source = undefined;
      if (!isEnding()) tell(rejection(name, error));
    }
  }
}

const rejection = (name: string, error: unknown): string =>
  `${name} changed, and nothing else did:\n${error instanceof Error ? error.message : String(error)}`;

/** Why this process cannot go on with an estate: what it runs is named after the one it started with. */
function unservable({ loaded, host }: DevSetting, { estate }: LoadedEstate): string | undefined {
  if (estate.estate !== loaded.estate.estate) return `the estate is now called ${estate.estate}`;
  if (!Object.hasOwn(estate.hosts, host)) return `host ${host} is no longer declared`;
  return undefined;
}

function noteChange(name: string, diff: ScheduleDiff): void {
  const { create, update, remove } = diff;
  const same = create.length + update.length + remove.length === 0;
  note(same ? `${name} changed; its schedules did not.` : `${name} changed. Schedules: ${summaryOf(diff)}.`);
  for (const line of diffLines(diff)) note(`  ${line}`);
}
