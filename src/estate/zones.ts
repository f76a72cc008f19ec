import { isZone } from './zone-clock.js';

const EXPECTED = 'a time zone of the IANA database, such as Europe/Berlin or UTC';

/** Every zone that can be suggested. */
export const zoneNames = (): string[] => [...Intl.supportedValuesOf('timeZone'), 'UTC'];

/** Says what was expected if `zone` is no IANA name, spelt as the database spells it. */
export function zoneProblem(zone: string): string | undefined {
  // Intl also takes offsets and any case; Temporal takes neither.
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(zone)) return EXPECTED;
  const names = zoneNames(); // listing them takes less time than making a first format
  if (names.includes(zone)) return undefined;
  const lower = zone.toLowerCase();
  if (names.some((name) => name.toLowerCase() === lower)) return EXPECTED;
  return isZone(zone) ? undefined : EXPECTED;
}
