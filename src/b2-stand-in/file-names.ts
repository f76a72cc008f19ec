import { badRequest } from './protocol.js';

/** Longest file name, in bytes of UTF-8. */
const MAX_BYTES = 1024;

/** Order of names in a listing: by their bytes in UTF-8, which is not the order of JavaScript's strings. */
export const byBytes = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

/** The name, if B2 would store it: 1 to 1024 bytes of UTF-8 without control characters. */
export function fileName(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length === 0) throw badRequest('File names must contain at least one character');
  if (bytes.length > MAX_BYTES) throw badRequest('File names in UTF8 must be no more than 1024 bytes');
  if (bytes.toString() !== name) throw badRequest('File names must be valid UTF8');
  // Codes below 32 and 127 (DEL): Backblaze's documentation, "Files", "File Names".
  if (bytes.some((byte) => byte < 32 || byte === 127))
    throw badRequest('File names must not contain control characters (code below 32, or 127)');
  return name;
}

/** Text from a header or path: percent-encoded UTF-8, in which a plus may stand for a space. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw badRequest(`Bad character in percent-encoded string: ${text.slice(0, 80)}`);
  }
}

/** Text as B2 puts it into a header: slashes stay, everything unusual is percent-encoded. */
export const percentEncoded = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/');
