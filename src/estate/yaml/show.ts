/** Longest value that is shown whole. Characters. */
const LONGEST = 60;

/** A value as it is shown in a message: in double quotes, one line, not long. */
export function showText(text: string): string {
  const characters = Array.from(text);
  const short = characters.length > LONGEST ? `${characters.slice(0, LONGEST).join('')}…` : text;
  return escapeControls(JSON.stringify(short));
}

/** A piece of the file as it is shown in a message: one line, not long, without quotes. */
export function showSource(source: string): string {
  return showText(source).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

/** What JSON leaves as it is and a terminal obeys: DEL, C1, marks of writing direction, line separators. */
const escapeControls = (text: string): string =>
  text.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
