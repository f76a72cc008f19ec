import { Composer, type Document, type ParsedNode, Parser, type YAMLParseError } from 'yaml';
import type { Problem } from '../problem.js';
import type { Lines } from './lines.js';
import { reviewTokens } from './tokens.js';

/** Deepest nesting; a real estate has seven levels. More would exhaust the composer's stack. */
const MOST_LEVELS = 64;

/** Syntax errors after this many are consequences of the first. */
const MOST_SYNTAX_ERRORS = 20;

const UNQUOTED_CRON = 'malformed YAML: a cron that begins with * must be in quotes';

/** What a text holds. Without `contents` there is nothing to look at, and `problems` say why. */
export interface ParsedText {
  contents?: ParsedNode;
  problems: Problem[];
  /** Offset of the first syntax error: what follows it is not to be trusted. */
  brokenFrom?: number;
}

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|\r(?!\n)/;

/** Parses one YAML 1.2 document (core schema). Never throws for what a text may hold. */
export function parseText(text: string, lines: Lines): ParsedText {
  const problem = (offset: number, message: string): Problem => ({ at: lines.at(offset), path: [], message });
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden) {
    const code = forbidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return { problems: [problem(forbidden.index, `found the control character U+${code}, expected text`)] };
  }
  const tokens = [...new Parser().parse(text)];
  const { tooDeep, unclosed } = reviewTokens(tokens, MOST_LEVELS);
  if (tooDeep !== undefined) {
    return {
      problems: [problem(tooDeep, `found more than ${String(MOST_LEVELS)} levels, expected an estate`)],
    };
  }
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
  });
  const documents: Document.Parsed[] = [...composer.compose(tokens, true, text.length)];
  const errors = documents.flatMap((document) => document.errors);
  const openers = unclosed.sort((a, b) => a.from - b.from).slice(0, 1);
  const problems = [
    ...openers.map(({ from, opener }) => problem(from, `malformed YAML: ${opener} is never closed`)),
    ...syntaxProblems(errors, openers[0]?.from ?? Infinity, lines),
  ];
  const [document, second] = documents;
  if (second) problems.push(problem(second.range[0], 'found a second document, expected one'));
  if (document?.directives.yaml.explicit && document.directives.yaml.version !== '1.2') {
    problems.push(
      problem(text.search(/^%YAML/m), `found YAML ${document.directives.yaml.version}, expected YAML 1.2`),
    );
  }
  const contents = document?.contents;
  if (!contents || contents.range[0] === contents.range[2]) {
    return {
      problems:
        problems.length > 0
          ? problems
          : [problem(0, 'the file is empty, expected estate, timezone, hosts and volumes')],
    };
  }
  const starts = [...openers.map(({ from }) => from), ...errors.map(({ pos }) => pos[0])];
  const brokenFrom = starts.reduce((first, start) => Math.min(first, start), second?.range[0] ?? Infinity);
  return { contents, problems, ...(Number.isFinite(brokenFrom) && { brokenFrom }) };
}

/** One a line, before `end`: what is never closed swallows all that follows. */
function syntaxProblems(
  errors: readonly Pick<YAMLParseError, 'code' | 'message' | 'pos'>[],
  end: number,
  lines: Lines,
): Problem[] {
  const problems = new Map<number, Problem>();
  for (const { code, message, pos } of errors) {
    const at = lines.at(pos[0]);
    if (problems.has(at.line) || code === 'MULTIPLE_DOCS' || pos[0] >= end) continue;
    const cron = /^(\s*(?:- )?cron:\s+)\*/.exec(lines.textOf(at.line));
    problems.set(
      at.line,
      cron
        ? { at: { line: at.line, column: (cron[1] ?? '').length + 1 }, path: [], message: UNQUOTED_CRON }
        : { at, path: [], message: `malformed YAML: ${message}` },
    );
    if (problems.size === MOST_SYNTAX_ERRORS) break;
  }
  return [...problems.values()];
}
