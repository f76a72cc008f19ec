/**
 * rclone writes names in its "standard encoding" wherever it prints or reads them: control characters are the symbols
 * for them (`␊` for a newline), and what looks like such a symbol is preceded by `‛` (rclone's documentation,
 * "Restricted filenames"; `lib/encoder`). So a name never holds a newline or a tab.
 */
const QUOTE = '‛';
const SYMBOLS = 0x24_00;
const SYMBOL_OF_DELETE = '␡';
const FULL_WIDTH_SLASH = '／';

/** Names that look like what rclone writes for `.` and `..`, and how it writes them. */
const DOTS: readonly (readonly [string, string])[] = [
  ['．', '‛．'],
  ['．．', '‛．‛．'],
];

/** The name of a path on a Linux filesystem as rclone writes it. */
export const rcloneName = (path: string): string => path.split('/').map(encodedPart).join('/');

function encodedPart(part: string): string {
  const [, dots] = DOTS.find(([plain]) => plain === part) ?? [];
  return dots ?? Array.from(part, encoded).join('');
}

function encoded(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(SYMBOLS + code);
  if (code === 0x7f) return SYMBOL_OF_DELETE;
  return isSpecial(character) ? QUOTE + character : character;
}

/** The path on a Linux filesystem that rclone writes as `name`. */
export const pathOfRcloneName = (name: string): string =>
  SPECIAL.test(name) ? name.split('/').map(decodedPart).join('/') : name;

function decodedPart(part: string): string {
  const [dots] = DOTS.find(([, written]) => written === part) ?? [];
  if (dots !== undefined) return dots;
  let path = '';
  let quoted = false;
  for (const character of part) {
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
 * Whether a name, as rclone writes it, is one that a file of a disk can have. One that is not, as other programs may put
 * it into a bucket, means `..`, or holds a slash or NUL: where names are taken as they are, it leads elsewhere.
 */
export const isNameOnDisk = (name: string): boolean =>
  name.split('/').every((part) => !/^．{1,2}$/.test(part) && !/^(?:[^‛／␀]|‛[^])*?[／␀]/u.test(part));

const SPECIAL = /[\u2400-\u241f\u2421\uff0f\u201b]/;
const isSpecial = (character: string): boolean =>
  character === QUOTE || character === FULL_WIDTH_SLASH || SPECIAL.test(character);
