import { zoneSpelling } from './zone-clock.js';

const EXPECTED = 'a time zone of the IANA database, such as Europe/Berlin or UTC';

/** Every zone that can be suggested. */
export const zoneNames = (): string[] => [...Intl.supportedValuesOf('timeZone'), 'UTC'];

/** Says what was expected if `zone` is no IANA name, spelt as the database spells it. */
export function zoneProblem(zone: string): string | undefined {
  // Intl also takes offsets and any case; Temporal takes neither.
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(zone)) return EXPECTED;
  try {
    if (zoneSpelling(zone) === zone) return undefined; // listing all zones takes its time
  } catch {
    return EXPECTED;
  }
  const names = zoneNames();
  const lower = zone.toLowerCase();
  return names.includes(zone) || !names.some((name) => name.toLowerCase() === lower) ? undefined : EXPECTED;
}
