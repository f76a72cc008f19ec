/**
 * Why restic refuses a pattern of `--exclude` or `find`, or cannot use it; undefined if it can. Between slashes it matches with Go's
 * `filepath.Match`, whose syntax is all that can be wrong (restic's `internal/filter`, `ValidatePatterns`).
 */
export function excludeProblem(pattern: string): string | undefined {
  for (const part of cleaned(pattern.replace(/^!/, ''))) {
    const problem = partProblem(Array.from(part));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The names of a path without what says nothing, as Go's `filepath.Clean` leaves them. */
function cleaned(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts;
}

function partProblem(characters: readonly string[]): string | undefined {
  for (let at = 0; at < characters.length; at += 1) {
    if (characters[at] === '\\') {
      at += 1;
      if (at >= characters.length) return 'a \\ with nothing behind it';
    } else if (characters[at] === '[') {
      const end = setEnd(characters, at + 1);
      if (end === undefined) return 'a [ without its ], or with nothing in it';
      at = end;
    }
  }
  return undefined;
}

/** Where the `]` of a set is that begins at `from`; undefined if it is no set. */
function setEnd(characters: readonly string[], from: number): number | undefined {
  let at = characters[from] === '^' ? from + 1 : from;
  for (let first = true; first || characters[at] !== ']'; first = false) {
    const low = afterMember(characters, at);
    const high = low !== undefined && characters[low] === '-' ? afterMember(characters, low + 1) : low;
    if (high === undefined) return undefined;
    at = high;
  }
  return at;
}

/** The place behind one character of a set, which has to be followed by something. */
function afterMember(characters: readonly string[], from: number): number | undefined {
  const character = characters[from];
  if (character === undefined || character === '-' || character === ']') return undefined;
  const end = character === '\\' ? from + 2 : from + 1;
  return end < characters.length ? end : undefined;
}
