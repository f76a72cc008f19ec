/** Hears the parts of a long JSON text. */
export interface JsonParts {
  write(text: string): void;
}

/**
 * Takes a JSON text of `[{…, "some key": [{…}, {…}], …}, …]` apart as it comes, so that memory does not grow with it:
 * tells each inner object, and, after those in it, each outer one without them. Lines that restic mixes in between the objects
 * are no JSON: `onStray` hears that there are any.
 */
export function jsonParts(
  onInner: (value: unknown) => void,
  onOuter: (value: unknown) => void,
  onStray: () => void = () => undefined,
): JsonParts {
  const INNER = 4; // [ { [ {
  const BETWEEN = 3;
  const OUTER = 2;
  let depth = 0;
  let inText = false;
  let escaped = false;
  let inner = '';
  let outer = '';
  const keep = (piece: string): void => {
    if (depth >= INNER) inner += piece;
    else if (depth === BETWEEN) outer += piece.replaceAll(/[^[\]]/g, '');
    else if (depth >= OUTER) outer += piece;
  };
  return {
    write(text) {
      let from = 0;
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (inText) {
          if (escaped) escaped = false;
          else if (code === BACKSLASH) escaped = true;
          else if (code === QUOTE) inText = false;
          continue;
        }
        if (code === QUOTE) inText = true;
        else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
          keep(text.slice(from, at));
          from = at;
          depth += 1;
        } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
          keep(text.slice(from, at + 1));
          from = at + 1;
          depth -= 1;
          if (depth === INNER - 1 && inner !== '') {
            onInner(JSON.parse(inner));
            inner = '';
          } else if (depth === OUTER - 1 && outer !== '') {
            onOuter(JSON.parse(outer));
            outer = '';
          }
        } else if (code >= LETTERS && (depth === BETWEEN || depth < OUTER)) onStray();
      }
      keep(text.slice(from));
    },
  };
}

const [QUOTE, BACKSLASH, LETTERS] = [0x22, 0x5c, 0x41];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
