const PARTS = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** An RFC 3339 time in UTC, with all the digits of its fraction; anything else as it is. */
export function utcTime(text: string): string {
  const [, seconds, fraction = '', zone] = PARTS.exec(text) ?? [];
  if (seconds === undefined || zone === undefined || zone === 'Z') return text;
  return `${new Date(`${seconds}${zone}`).toISOString().slice(0, 19)}${fraction}Z`;
}
