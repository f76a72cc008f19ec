import type { z } from 'zod';
import type { Path, Problem } from './problem.js';
import { keysAt } from './schema-keys.js';
import { mayHoldSecret } from './secret-places.js';
import { valueAt } from './value-at.js';
import type { EstateDocument } from './yaml/document.js';
import { showSource, showText } from './yaml/show.js';
import { zoneNames } from './zones.js';

type Issue = z.core.$ZodIssue;

/** What zod expects, where the schema itself does not say it better. */
export function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options.map(String)) : undefined;
    default:
      return undefined;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** A list of words for people: `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  const last = words.at(-1) ?? 'nothing';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

/** Problems for what zod found, each at its place in the file. */
export function problemsOf(issues: readonly Issue[], document: EstateDocument): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], document));
}

function problemsOfIssue(issue: Issue, prefix: Path, document: EstateDocument): Problem[] {
  const path = [...prefix, ...pathOf(issue)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], document));
    case 'invalid_key':
      return [wrongKey(path, issue.issues[0]?.message ?? 'another name', document)];
    case 'invalid_union': {
      const branch = issue.errors.find(
        (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
      );
      if (branch && issue.errors.length > 1)
        return branch.flatMap((inner) => problemsOfIssue(inner, path, document));
      return [
        wrongValue(path, issue.message, document, 'options' in issue ? strings(issue.options) : undefined),
      ];
    }
    case 'invalid_value':
      return [wrongValue(path, issue.message, document, strings(issue.values))];
    default:
      return [
        wrongValue(path, issue.message, document, path.join('.') === 'timezone' ? zoneNames() : undefined),
      ];
  }
}

function unknownKey(path: Path, document: EstateDocument): Problem {
  const key = String(path.at(-1));
  const known = keysAt(path.slice(0, -1), document.value);
  return {
    at: document.keyPosition(path),
    path,
    message: `unknown key ${showText(key)}, expected ${oneOf(known)}`,
    slip: { name: key, among: known },
  };
}

/** The nearest text that can be a name; empty if there is none. */
export const asName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

function wrongKey(path: Path, expected: string, document: EstateDocument): Problem {
  const key = String(path.at(-1));
  return {
    at: document.keyPosition(path),
    path,
    message: `found the name ${showText(key)}, expected ${expected}`,
    ...(path.length === 2 && { slip: { name: key, among: [asName(key)] } }),
  };
}

function wrongValue(
  path: Path,
  expected: string,
  document: EstateDocument,
  known?: readonly string[],
): Problem {
  const value = valueAt(document.value, path);
  if (value === undefined && path.length > 0) {
    const parent = path.slice(0, -1);
    const message = `missing key ${showText(String(path.at(-1)))}, expected ${expected}`;
    return { at: document.valuePosition(parent), path, message, absence: true };
  }
  return {
    at: document.valuePosition(path),
    path,
    message: `found ${show(value, path, document)}, expected ${expected}`,
    ...((value === null || value === undefined) && { absence: true as const }),
    ...(known && typeof value === 'string' && { slip: { name: value, among: known } }),
  };
}

/** What was found, for a person; only its kind where a secret may be. */
function show(value: unknown, path: Path, document: EstateDocument): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length > 0 ? 'a list' : 'an empty list';
  if (typeof value === 'object') return Object.keys(value).length > 0 ? 'a mapping' : 'an empty mapping';
  const kind = typeof value === 'string' ? 'text' : typeof value === 'number' ? 'a number' : 'true or false';
  if (mayHoldSecret(path, value)) return `${kind} that is not shown here`;
  if (typeof value === 'string') return showText(value);
  const source = showSource(document.sourceOf(path) ?? JSON.stringify(value));
  return typeof value === 'number' ? `the number ${source}` : source;
}

const strings = (values: unknown): string[] =>
  Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];

const pathOf = (issue: Issue): Path =>
  issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part));
