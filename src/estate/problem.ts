import type { Finding } from './findings.js';
import { nearest } from './suggest.js';

/** Counted from 1; columns in characters. */
export interface Position {
  line: number;
  column: number;
}

/** Keys and list indexes from the root of the file. */
export type Path = readonly (string | number)[];

/** A finding in the making. */
export interface Problem {
  at: Position;
  path: Path;
  message: string;
  /** Something is not there: after a syntax error perhaps only because of that. */
  absence?: true;
  /** A name that may be a slip, and the names that exist. */
  slip?: { name: string; among: Iterable<string> };
}

/** More suggestions than this nobody reads; each costs a comparison with every name. */
const MOST_SUGGESTIONS = 100;

/** Problems in the order of the file, each once (an alias repeats those of what it stands for), with suggestions. */
export function toFindings(file: string, problems: readonly Problem[]): Finding[] {
  const sorted = [...problems].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  const seen = new Set<string>();
  const findings: Finding[] = [];
  let suggestions = 0;
  for (const { at, path, message, slip } of sorted) {
    const identity = `${String(at.line)}:${String(at.column)}:${message}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    const suggestion = slip && suggestions++ < MOST_SUGGESTIONS ? nearest(slip.name, slip.among) : undefined;
    findings.push({
      file,
      ...at,
      path: path.join('.'),
      message: suggestion === undefined ? message : `${message}; did you mean "${suggestion}"?`,
      ...(suggestion !== undefined && { suggestion }),
    });
  }
  return findings;
}
