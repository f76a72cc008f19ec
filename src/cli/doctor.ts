import { State, stateRoot } from '../adapters/state.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import type { LoadedEstate } from '../estate/load.js';
import { type Style, paintFor } from './colour.js';
import { type DoctorFinding, ok, warn } from './doctor-finding.js';
import { inspectRepositoryKeys } from './doctor-keys.js';
import { inspectSecrets, inspectStateFolder } from './doctor-permissions.js';
import { inspectMirrors } from './doctor-mirrors.js';
import { inspectServer } from './doctor-server.js';
import { inspectSystem } from './doctor-system.js';
import { inspectTimers } from './doctor-timers.js';
import { inspectTools, installTools } from './doctor-tools.js';
import { inspectMounts } from './doctor-volumes.js';
import { loadEstateOption } from './estate-option.js';
import { plural, printableText } from './format.js';
import { printJson, printLine } from './output.js';

export interface DoctorOptions {
  estate?: string;
  install: boolean;
  setLifecycle: boolean;
  json: boolean;
}

const STATE_STYLE: Record<DoctorFinding['state'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' };

/** `fts doctor`: looks at all that the estate's jobs need on this machine, and says what mends each finding. */
export async function doctor({ estate: file, install, setLifecycle, json }: DoctorOptions): Promise<number> {
  if (install) await installTools();
  const loaded = await estateIfAny(file);
  const ofEstate = loaded === undefined ? [noEstate] : inspectEstate(loaded, setLifecycle);
  const inspections = [inspectTools(), inspectSystem(), inspectServer(), ...ofEstate];
  const findings = (await Promise.all(inspections)).flat();
  const counts = { ok: 0, warn: 0, fail: 0 };
  for (const finding of findings) counts[finding.state] += 1;
  if (json)
    printJson({
      estate: loaded?.estate.estate ?? null,
      ok: counts.fail === 0,
      counts,
      findings: findings.slice(0, 50),
    });
  else printFindings(findings, counts);
  return counts.fail === 0 ? ExitCode.complete : ExitCode.unhealthy;
}

/** A machine is made ready before its estate is written. An estate that is there and wrong ends the command. */
async function estateIfAny(option: string | undefined): Promise<LoadedEstate | undefined> {
  try {
    return await loadEstateOption(option);
  } catch (error) {
    if (error instanceof UsageError && option === undefined) return undefined;
    throw error;
  }
}

const noEstate = Promise.resolve([
  warn('estate', 'no estate file was found, so that its needs were not looked at', 'fts check'),
]);

function inspectEstate(loaded: LoadedEstate, setLifecycle: boolean): Promise<DoctorFinding[]>[] {
  const state = new State(stateRoot(process.env), loaded.estate.estate);
  return [
    Promise.resolve([ok('estate', `${loaded.file} is valid`)]),
    inspectStateFolder(state),
    inspectSecrets(loaded, state),
    inspectMounts(loaded, state),
    inspectMirrors(loaded, state, { setLifecycle }),
    inspectRepositoryKeys(loaded, state),
    inspectTimers(loaded),
  ];
}

function printFindings(
  findings: readonly DoctorFinding[],
  counts: Record<DoctorFinding['state'], number>,
): void {
  const paint = paintFor(process.stdout);
  for (const { area, state, message, fix } of findings) {
    printLine(`${paint(STATE_STYLE[state], state.padEnd(4))}  ${area.padEnd(11)}  ${printableText(message)}`);
    if (fix !== undefined) printLine(`${' '.repeat(19)}${paint('cyan', printableText(fix))}`);
  }
  printLine(
    `\n${plural(counts.fail, 'failure')}, ${plural(counts.warn, 'warning')}, ${String(counts.ok)} ok`,
  );
}
