/**
 * rclone writes names in its "standard encoding" wherever it prints or reads them: control characters are the symbols
 * for them (`␊` for a newline), and what looks like such a symbol is preceded by `‛` (rclone's documentation,
 * "Restricted filenames"). So a name never holds a newline or a tab.
 */
const QUOTE = '‛';
const SYMBOLS = 0x24_00;
const SYMBOL_OF_DELETE = '␡';
const FULL_WIDTH_SLASH = '／';

/** The name of a path on a Linux filesystem as rclone writes it. */
export const rcloneName = (path: string): string =>
  path
    .split('/')
    .map((part) => Array.from(part, encoded).join(''))
    .join('/');

function encoded(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(SYMBOLS + code);
  if (code === 0x7f) return SYMBOL_OF_DELETE;
  return isSpecial(character) ? QUOTE + character : character;
}

/** The path on a Linux filesystem that rclone writes as `name`. */
export function pathOfRcloneName(name: string): string {
  if (!SPECIAL.test(name)) return name;
  let path = '';
  let quoted = false;
  for (const character of name) {
    if (quoted && !isSpecial(character)) path += QUOTE;
    if (!quoted && character === QUOTE) {
      quoted = true;
      continue;
    }
    path += quoted ? character : decoded(character);
    quoted = false;
  }
  return quoted ? path + QUOTE : path;
}

function decoded(character: string): string {
  const code = (character.codePointAt(0) ?? 0) - SYMBOLS;
  if (character === SYMBOL_OF_DELETE) return '\u007f';
  return code > 0 && code < 0x20 ? String.fromCodePoint(code) : character; // no name holds a NUL
}

/**
 * What rclone 1.71 calls a file on a Linux filesystem that it writes as `name`: a `‛`, `␀` or `／` of the name's own keeps the
 * quote before it.
 */
export function localNameOfRclone(name: string): string {
  const parts = name.split(/(‛[‛␀／])/);
  return parts.map((part, index) => (index % 2 === 1 ? part : pathOfRcloneName(part))).join('');
}

const SPECIAL = /[\u2400-\u241f\u2421\uff0f\u201b]/;
const isSpecial = (character: string): boolean =>
  character === QUOTE || character === FULL_WIDTH_SLASH || SPECIAL.test(character);

/**
 * Whether rclone lists a local file by this name and then cannot open it, as 1.71 does with names that hold a `‛` or a
 * `␀` of their own.
 */
export const isUnopenable = (name: string): boolean => name.includes('‛‛') || name.includes('‛␀');
