import { describe, expect, it } from 'vitest';
import { useZoneSpan, zoneOffset } from '../../src/estate/zone-clock.js';
import { zoneSpan } from '../../src/estate/zone-span.js';

const FROM = Date.UTC(2026, 11, 1);
const TO = Date.UTC(2041, 0, 1);
const HOUR = 3_600_000;
const MINUTE = 60_000;

describe('the clock of a zone that was read off once', () => {
  it.each([
    ...['UTC', 'America/New_York', 'Europe/Dublin', 'Australia/Lord_Howe', 'Antarctica/Troll'],
    ...['Africa/Casablanca', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Chatham', 'Asia/Gaza'],
  ])('shows in %s what Intl shows, at each change to the minute', (zone) => {
    const span = zoneSpan(zone, FROM, TO);
    const instants = [
      ...Array.from({ length: 200 }, (_, index) => FROM - HOUR + index * 613 * HOUR + 17),
      ...span.changes.flatMap(([since]) => [since - MINUTE, since - 1, since, since + 1, since + HOUR]),
      ...[FROM - 1, FROM, TO - 1, TO, TO + HOUR, TO + 200 * 24 * HOUR],
    ];
    const asked = instants.map((instant) => zoneOffset(zone, instant));
    useZoneSpan(span);
    expect(instants.map((instant) => zoneOffset(zone, instant))).toEqual(asked);
  });

  it('has every change of the clock', () => {
    expect(zoneSpan('America/New_York', FROM, TO).changes).toHaveLength(1 + 14 * 2);
    expect(zoneSpan('UTC', FROM, TO).changes).toEqual([[FROM, 0]]);
  });
});
