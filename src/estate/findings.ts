import { printableName } from '../domain/names.js';

/** One thing that is wrong in an estate file. Line and column count from 1; `path` is dotted, empty for the file. */
export interface Finding {
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
  /** The nearest thing that would be right. */
  suggestion?: string;
}

/** The estate file cannot be used. Holds every finding, in the order of the file. */
export class EstateError extends Error {
  override readonly name = 'EstateError';

  constructor(readonly findings: readonly Finding[]) {
    super(formatFindings(findings).join('\n'));
  }
}

/** Findings printed at most. */
const MOST = 50;

/** One line each, `FILE:LINE:COLUMN: message`, 50 at most, then "and N more". */
export function formatFindings(findings: readonly Finding[]): string[] {
  const lines = findings
    .slice(0, MOST)
    .map(
      ({ file, line, column, message }) =>
        `${printableName(file).path}:${String(line)}:${String(column)}: ${message}`,
    );
  const more = findings.length - lines.length;
  return more > 0 ? [...lines, `and ${String(more)} more`] : lines;
}
