import { homedir } from 'node:os';
import type { LoadedEstate } from '../estate/load.js';
import { cronEntries } from './doctor-cron.js';
import { type DoctorFinding, ok, warn } from './doctor-finding.js';
import { launchdEntries } from './doctor-launchd.js';
import { systemdEntries } from './doctor-systemd.js';
import type { TimerPlaces } from './doctor-timer-entry.js';

/** Timers of before that still back up, mirror or touch what the estate now looks after. */
export async function inspectTimers(
  loaded: LoadedEstate,
  places: TimerPlaces = { root: '/', home: homedir() },
): Promise<DoctorFinding[]> {
  const entries = (
    await Promise.all([systemdEntries, cronEntries, launchdEntries].map((look) => look(places)))
  ).flat();
  const findings = entries.flatMap(({ name, text, fix }) => {
    const word = suspicious(
      text,
      Object.values(loaded.estate.volumes).map(({ mountpoint }) => mountpoint),
    );
    return word === undefined ? [] : [warn('timers', `${name} is still on and mentions ${word}`, fix)];
  });
  return findings.length > 0
    ? findings
    : [ok('timers', 'no other timer mentions restic, rclone or the volumes')];
}

/** The word by which a timer looks like a predecessor; undefined for any other, and for `fts` itself. */
function suspicious(text: string, mountpoints: readonly string[]): string | undefined {
  if (/\bfts (?:worker|dev)\b/.test(text)) return undefined;
  const tool = /\b(restic|rclone)\b/.exec(text)?.[1];
  return tool ?? mountpoints.find((mountpoint) => mountpoint.startsWith('/') && mentions(text, mountpoint));
}

/** Whether a path, or one below it, stands in a text. */
function mentions(text: string, path: string): boolean {
  const escaped = path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`(?<![\\w./-])${escaped}(?![\\w.-])`).test(text);
}
