export interface PrintableName {
  path: string;
  /** Present when `path` is not the name itself: some bytes are written as `\xNN`. */
  encoded?: true;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A file name that is safe to print, log and put into JSON. Bytes that are not UTF-8, control characters (C0, DEL,
 * C1) and, in a name that needs escaping at all, the backslash are written as `\xNN`, so that the name can be had
 * back.
 */
export function printableName(name: Uint8Array | string): PrintableName {
  const bytes = typeof name === 'string' ? new TextEncoder().encode(name) : name;
  const text = decoded(bytes);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (text !== undefined && !/[\u0000-\u001f\u007f-\u009f]/.test(text)) return { path: text };
  let path = '';
  for (let i = 0; i < bytes.length;) {
    const length = characterLength(bytes, i);
    const character = length > 0 ? decoded(bytes.subarray(i, i + length)) : undefined;
    const code = character?.codePointAt(0) ?? 0;
    const plain =
      character !== undefined && code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && character !== '\\';
    const step = character === undefined ? 1 : length;
    path += plain ? character : escaped(bytes.subarray(i, i + step));
    i += step;
  }
  return { path, encoded: true };
}

/** A name as Go's JSON has it, which restic speaks: U+FFFD for each byte that is not UTF-8. Different names may look alike. */
export function lossyName(name: Uint8Array): string {
  const text = decoded(name);
  if (text !== undefined) return text;
  let lossy = '';
  for (let i = 0; i < name.length;) {
    const length = characterLength(name, i);
    const character = length > 0 ? decoded(name.subarray(i, i + length)) : undefined;
    lossy += character ?? '\ufffd';
    i += character === undefined ? 1 : length;
  }
  return lossy;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Length of the UTF-8 sequence that the byte at `i` announces, 0 if it announces none. */
function characterLength(bytes: Uint8Array, i: number): number {
  const lead = bytes[i] ?? 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

const escaped = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/** The bytes of a name that `printableName` wrote with `encoded`. */
export function bytesOfPrinted(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const parts: number[] = [];
  let at = 0;
  for (const match of text.matchAll(/\\x([0-9a-f]{2})/g)) {
    parts.push(...encoder.encode(text.slice(at, match.index)), parseInt(match[1] ?? '', 16));
    at = match.index + match[0].length;
  }
  parts.push(...encoder.encode(text.slice(at)));
  return Uint8Array.from(parts);
}
