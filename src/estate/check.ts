import type { z } from 'zod';
import { type Draft, draftOf } from './draft.js';
import { asName, expectation, problemsOf } from './issues.js';
import type { Path, Problem } from './problem.js';
import { RULES } from './rules/all.js';
import { Places } from './rules/places.js';
import { type RuleContext, SECTIONS, type Section } from './rules/rule.js';
import { EstateSchema, type Estate, type Repository } from './schema.js';
import { valueAt } from './value-at.js';
import type { EstateDocument } from './yaml/document.js';
import { showText } from './yaml/show.js';

/** What checking found. `estate` is there only without problems. */
export interface CheckedEstate {
  estate?: Estate;
  problems: Problem[];
  warnings: Problem[];
}

/** Checks a document against schema and rules; `directory` is where relative paths begin. */
export function checkDocument(document: EstateDocument, directory: string): CheckedEstate {
  const { value } = document;
  if (value === undefined)
    return { problems: [...document.syntaxProblems, ...document.problems], warnings: [] };
  // Compiling a parser costs more than the one use of it.
  const parsed = EstateSchema.safeParse(value, { error: expectation, jitless: true });
  const bySchema = parsed.success ? [] : problemsOf(parsed.error.issues, document);
  const draft = parsed.success ? parsed.data : draftOf(value, parsed.error.issues);
  const byRules = draft
    ? applyRules(draft, new Places(draft, directory), bySchema, document)
    : { problems: [], warnings: [] };
  const problems = credible([...bySchema, ...byRules.problems], document);
  if (!parsed.success || problems.length > 0) return { problems, warnings: byRules.warnings };
  return {
    estate: withHosts(parsed.data, new Places(parsed.data, directory)),
    problems,
    warnings: byRules.warnings,
  };
}

function applyRules(draft: Draft, places: Places, bySchema: readonly Problem[], document: EstateDocument) {
  const [problems, warnings]: [Problem[], Problem[]] = [[], []];
  const wrong = new Set(
    bySchema.flatMap(({ path }) => path.map((_, index) => identity(path.slice(0, index + 1)))),
  );
  const intact = (path: Path) => !wrong.has(identity(path));
  const declared = new Map(SECTIONS.map((section) => [section, declaredNames(document.value, section)]));
  const context: RuleContext = {
    draft,
    places,
    declared: (section) => declared.get(section),
    intact,
    report: (path, message, more) =>
      problems.push({ at: document.valuePosition(path), path, message, ...more }),
    reportKey: (path, message, more) =>
      problems.push({ at: document.keyPosition(path), path, message, ...more }),
    reportMissing: (path, expected) => {
      if (!intact(path)) return;
      const message = `missing key ${showText(String(path.at(-1)))}, expected ${expected}`;
      problems.push({ at: document.valuePosition(path.slice(0, -1)), path, message, absence: true });
    },
    warn: (path, message) => warnings.push({ at: document.valuePosition(path), path, message }),
  };
  for (const rule of RULES) rule(context);
  return { problems, warnings };
}

/**
 * All problems but those that only repeat that a place is broken YAML, and, after a syntax error, those that follow it
 * or say that something is not there.
 */
function credible(
  found: readonly Problem[],
  { syntaxProblems, problems, brokenFrom }: EstateDocument,
): Problem[] {
  const taken = new Set(problems.map(({ at }) => identity([at.line, at.column])));
  const own = found.filter(({ at }) => !taken.has(identity([at.line, at.column])));
  if (!brokenFrom) return [...syntaxProblems, ...problems, ...own];
  const before = [...problems, ...own].filter(({ at, absence }) => at.line < brokenFrom.line && !absence);
  return [...syntaxProblems, ...before];
}

/** Every repository with its host, which a rule has made sure of. */
function withHosts(parsed: z.output<typeof EstateSchema>, places: Places): Estate {
  const repositories = Object.entries(parsed.repositories).map(([name, repository]): [string, Repository] => {
    const host = places.repositoryHost(name);
    if (host === undefined) throw new Error(`no rule saw that repository ${name} has no host`);
    return [name, { ...repository, host }];
  });
  return { ...parsed, repositories: Object.fromEntries(repositories) };
}

const identity = (path: Path): string => path.join('\0');

/** Names of a section as written; none if it was left out, undefined if it is no mapping. */
function declaredNames(value: unknown, section: Section): ReadonlySet<string> | undefined {
  const entries = valueAt(value, [section]);
  if (entries === undefined) return section === 'hosts' || section === 'volumes' ? undefined : new Set();
  if (entries === null || typeof entries !== 'object' || Array.isArray(entries)) return undefined;
  // A name that is no name is told once, not at each place that means it.
  return new Set(
    Object.keys(entries).flatMap((name) => (name === asName(name) ? [name] : [name, asName(name)])),
  );
}
