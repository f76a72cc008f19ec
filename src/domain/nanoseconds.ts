const TIME = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** An RFC 3339 time as nanoseconds since the epoch, as the filesystem tells them; undefined for anything else. */
export function nanoseconds(time: string): bigint | undefined {
  const [, seconds = '', fraction = '', zone = ''] = TIME.exec(time) ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
