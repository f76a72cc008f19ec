const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
type DurationUnit = keyof typeof SECONDS;

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};

/** Durations beyond a hundred years are mistakes, and overflow dates. Seconds. */
const LONGEST_SECONDS = 36_500 * SECONDS.d;

/** How the estate file writes each. */
export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)([smhdw])$/;
export const SIZE_PATTERN = /^(\d+(?:\.\d+)?) *(B|[kKMGTP]B|[KMGTP]iB)$/;
export const SHARE_PATTERN = /^(\d+(?:\.\d+)?) *%$/;
export const FRACTION_PATTERN = /^(\d+) *\/ *(\d+)$/;

/** The same, for error messages. */
export const DURATION_SYNTAX = 'a duration above zero with its unit, such as 90s, 15m, 2h, 30d or 4w';
export const SIZE_SYNTAX = 'a size with its unit, such as 500 MiB, 10 GiB or 1.5 TiB';
export const SHARE_SYNTAX = 'a share from 0% to 100%, such as 5% or 0.5%';
export const FRACTION_SYNTAX = 'a fraction above 0 and up to 1, such as 1/28';

/** `30d`, `1.5h`: seconds, greater than zero; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION_PATTERN.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const seconds = Number(amount) * SECONDS[unit as DurationUnit];
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}

/** `10 GiB`, `500MB`: whole bytes, zero allowed; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = SIZE_PATTERN.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const bytes = Math.round(Number(amount) * (BYTES[unit] ?? NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `5%`: 0..1; undefined for anything else. */
export function parseShare(text: string): number | undefined {
  const [, amount] = SHARE_PATTERN.exec(text) ?? [];
  if (amount === undefined) return undefined;
  const percent = Number(amount);
  return percent <= 100 ? percent / 100 : undefined;
}

/** `1/28`: above 0, up to 1; undefined for anything else. */
export function parseFraction(text: string): number | undefined {
  const [, numerator, denominator] = FRACTION_PATTERN.exec(text) ?? [];
  if (numerator === undefined || denominator === undefined) return undefined;
  const [part, whole] = [Number(numerator), Number(denominator)];
  return part > 0 && part <= whole && Number.isSafeInteger(whole) ? part / whole : undefined;
}

/** Seconds for people, two units at most: `45s`, `2h 5m`, `3d 4h`. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(Math.max(0, seconds));
  const parts: string[] = [];
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / SECONDS[unit]);
    rest -= count * SECONDS[unit];
    if (count > 0) parts.push(`${String(count)}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0s';
}

/** Bytes for people, binary units: `0 B`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let index = 0;
  while (Math.abs(value) >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const digits = index === 0 || Math.abs(value) >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[index] ?? 'B'}`;
}

/** Rounded and exact, for comparisons: two sizes that round to the same must not look as if nothing were exceeded. */
export const exactSize = (bytes: number): string =>
  bytes < 1024 ? formatSize(bytes) : `${formatSize(bytes)} (${String(bytes)} bytes)`;
