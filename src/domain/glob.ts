/** A pattern as `restic find` takes it: `*`, `?`, `[a-z]`, `[^a]`, `\` before a character that is meant literally, `**`. */
export interface Glob {
  /** Whether an entry with this path, without a slash at its beginning, is meant. */
  matches(path: string): boolean;
}

export interface GlobOptions {
  ignoreCase?: boolean;
}

/**
 * Without a slash it is compared with the last name of a path. With one it is compared with the end of the path, name by
 * name; with one at its beginning, with all of it.
 */
export function glob(pattern: string, { ignoreCase = false }: GlobOptions = {}): Glob {
  const flags = ignoreCase ? 'isu' : 'su';
  const anchored = pattern.startsWith('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  const source = parts.map((part, index) => partSource(part, index === parts.length - 1)).join('');
  const expression = new RegExp(`${anchored ? '^' : '(?:^|/)'}${source}$`, flags);
  return { matches: (path) => parts.length > 0 && expression.test(path) };
}

/** `**` stands for any number of folders. */
function partSource(part: string, isLast: boolean): string {
  if (part === '**') return isLast ? '.+' : '(?:[^/]+/)*';
  return `${nameSource(part)}${isLast ? '' : '/'}`;
}

function nameSource(part: string): string {
  let source = '';
  for (let at = 0; at < part.length;) {
    const [token, meaning] = tokenAt(part, at);
    source += meaning;
    at += token;
  }
  return source;
}

/** Length of the token at `at`, and what it means. */
function tokenAt(part: string, at: number): [number, string] {
  const character = String.fromCodePoint(part.codePointAt(at) ?? 0);
  if (character === '*') return [1, '[^/]*'];
  if (character === '?') return [1, '[^/]'];
  if (character === '\\' && at + 1 < part.length) {
    const next = String.fromCodePoint(part.codePointAt(at + 1) ?? 0);
    return [1 + next.length, literal(next)];
  }
  const [set, negated, members] = /^\[(\^?)((?:\\.|[^\]\\])+)\]/su.exec(part.slice(at)) ?? [];
  if (set === undefined || members === undefined) return [character.length, literal(character)];
  const inside = members.replaceAll(/\\(.)/gsu, '$1').replaceAll(/[\\[\]^&~|]/g, String.raw`\$&`);
  return [set.length, `(?!/)[${negated ?? ''}${inside.replaceAll(/^-|-$/g, String.raw`\-`)}]`];
}

const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/** A name as a pattern that means just that name. */
export const globOf = (name: string): string => name.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
