const SIMPLE: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gsu;

/** A byte that no UTF-8 text has alone; a backslash before it would be one that is meant. */
const BEYOND_ASCII = /(?<!\\)(?:\\\\)*\\x[89a-f]/;

/**
 * The text that Go's `strconv.Quote` wrote without its quotation marks, as restic's trees hold names; undefined for one
 * that is not UTF-8, of which Go writes the bytes as `\xNN`.
 */
export function unquoted(quoted: string): string | undefined {
  if (BEYOND_ASCII.test(quoted)) return undefined;
  return quoted.replace(
    ESCAPE,
    (_all, byte?: string, short?: string, long?: string, other?: string): string => {
      const code = byte ?? short ?? long;
      if (code !== undefined) return String.fromCodePoint(parseInt(code, 16));
      return SIMPLE[other ?? ''] ?? other ?? '';
    },
  );
}
