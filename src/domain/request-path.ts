import { printableName } from './names.js';
import { UsageError } from './usage-error.js';

/** A `volume/path` that a person asks for. */
export interface RequestPath {
  volume: string;
  /** Relative to the volume's root, as it was written; empty for the volume itself. */
  path: string;
  /** The name that is printed so, where that is another (`caf\xe9`): bytes. */
  printed?: Uint8Array;
}

/** Reads `flux/active/thesis`. Throws `UsageError` for an absolute path, `..`, a NUL, or no volume. */
export function parseRequestPath(text: string): RequestPath {
  const wrong = (why: string): UsageError =>
    new UsageError(`${JSON.stringify(text)} cannot be asked for: ${why}`, {
      hint: 'a path is VOLUME/PATH, such as flux/active/thesis, or VOLUME alone',
    });
  if (text.includes('\0')) throw wrong('it holds a NUL');
  if (text.startsWith('/')) throw wrong('it is absolute');
  const [volume = '', ...rest] = text.split('/');
  const names = rest.filter((name) => name !== '' && name !== '.');
  if (names.includes('..') || volume === '..') throw wrong('it has `..` in it');
  if (volume === '' || volume === '.') throw wrong('it names no volume');
  const printed = printedAs(names);
  return { volume, path: names.join('/'), ...(printed && { printed }) };
}

const ESCAPE = /\\x([0-9a-f]{2})/g;

/** The bytes of a path of which at least one name is one that `printableName` escapes. */
function printedAs(names: readonly string[]): Uint8Array | undefined {
  const unescaped = names.map(unescape);
  if (unescaped.every((name) => name === undefined)) return undefined;
  const encoder = new TextEncoder();
  const parts = names.map((name, index) => unescaped[index] ?? encoder.encode(name));
  return Uint8Array.from(parts.flatMap((part, index) => [...(index > 0 ? [SLASH] : []), ...part]));
}

const SLASH = 0x2f;

/** The name that is printed as `name`; undefined if that is the name itself, or no name is printed so. */
function unescape(name: string): Uint8Array | undefined {
  if (!name.includes('\\x')) return undefined;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  let at = 0;
  for (const match of name.matchAll(ESCAPE)) {
    bytes.push(...encoder.encode(name.slice(at, match.index)), parseInt(match[1] ?? '', 16));
    at = match.index + match[0].length;
  }
  bytes.push(...encoder.encode(name.slice(at)));
  const found = Uint8Array.from(bytes);
  const { path, encoded } = printableName(found);
  const safe = !found.includes(0) && !found.includes(SLASH);
  return safe && encoded === true && path === name ? found : undefined;
}
