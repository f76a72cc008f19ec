import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CRASH_POINTS } from '../src/adapters/crash-point.js';
import { EXEMPT } from './crash-exemptions.js';

const ROOT = join(import.meta.dirname, '..');
const SHIPPED = ['src', 'activities', 'workers', 'workflows', 'schedules', 'scripts'];
/** The stand-in for B2 and what shows the product hold nobody's data. */
const NOT_SHIPPED = ['src/b2-stand-in/', 'src/tour/'];

/** Calls that rename, delete, truncate or publish, by whatever they are called on. */
const CHANGES =
  /^(rename|rm|rmdir|unlink|truncate|ftruncate|link|symlink|writeFile|appendFile|copyFile|cp|createWriteStream|writeSync|write[vV]|(rename|rm|rmdir|unlink|truncate|ftruncate|link|symlink|writeFile|appendFile|copyFile|cp)Sync)$/;

/** Calls that run a program, which may do all of that. */
const RUNS = /^(execa|execaSync|spawn|spawnSync|execFile|startTied|runTool|runProjectTool|runChild)$/;

/** A test may die beside them: the point itself, or a step that `onStep` tells of. */
const POINTS = /^(crashPoint|onStep)$/;

interface Place {
  file: string;
  /** The outermost function or class member that it is in. */
  within: string;
  call: string;
}

const place = ({ file, within, call }: Place): string => `${file} ${within} ${call}`;

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs|cjs)$/.test(entry.name))
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)).split(sep).join('/'))
    .filter((file) => !NOT_SHIPPED.some((start) => file.startsWith(start)))
    .sort();
}

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);

/** The name that is called: `rm` of `rm(…)`, `fs.rm(…)` and `handle.rm(…)`. */
function calledName({ expression }: ts.CallExpression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
}

/** Opened with `w` or `w+`, a file loses what it holds. */
const truncates = (call: ts.CallExpression): boolean =>
  /^open(Sync)?$/.test(calledName(call)) && /^'w\+?'$/.test(call.arguments[1]?.getText() ?? '');

/** A function, a member of a class, or else the statement at the top of the file. */
function outermost(node: ts.Node): { name: string; body: ts.Node } {
  let found: { name: string; body: ts.Node } = { name: 'top', body: node };
  for (let at = node; !ts.isSourceFile(at); at = at.parent) {
    const name = ts.isFunctionDeclaration(at) || ts.isMethodDeclaration(at) ? at.name?.getText() : undefined;
    if (name !== undefined) found = { name, body: at };
    else if (ts.isConstructorDeclaration(at)) found = { name: 'constructor', body: at };
    else if (ts.isVariableDeclaration(at) && ts.isSourceFile(at.parent.parent.parent))
      found = { name: at.name.getText(), body: at };
  }
  return found;
}

function callsIn(node: ts.Node, found: ts.CallExpression[] = []): ts.CallExpression[] {
  if (ts.isCallExpression(node)) found.push(node);
  node.forEachChild((child) => void callsIn(child, found));
  return found;
}

/** Every call that changes something, and whether a test may die beside it. */
function changes(): { place: Place; hasPoint: boolean }[] {
  return SHIPPED.flatMap(filesBelow).flatMap((file) =>
    callsIn(parse(file))
      .filter((call) => CHANGES.test(calledName(call)) || RUNS.test(calledName(call)) || truncates(call))
      .map((call) => {
        const { name, body } = outermost(call);
        const hasPoint = callsIn(body).some((other) => POINTS.test(calledName(other)));
        return { place: { file, within: name, call: calledName(call) }, hasPoint };
      }),
  );
}

const all = changes();

/** Exemptions name a call in a function, all of a function (`*`), or all of a file (`* *`). */
const exempting = ({ file, within, call }: Place): string[] =>
  [`${file} ${within} ${call}`, `${file} ${within} *`, `${file} * *`].filter((name) => name in EXEMPT);

describe('a line that renames, deletes, truncates or publishes', () => {
  it('has a crash point in its function, or a reason to have none', () => {
    const bare = all.filter((found) => !found.hasPoint && exempting(found.place).length === 0);
    expect(bare.map((found) => place(found.place))).toEqual([]);
  });

  it('is still there for each reason', () => {
    const used = new Set(all.filter(({ hasPoint }) => !hasPoint).flatMap((found) => exempting(found.place)));
    expect(Object.keys(EXEMPT).filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('each crash point', () => {
  const placed = SHIPPED.flatMap(filesBelow)
    .flatMap((file) => callsIn(parse(file)))
    .filter((call) => calledName(call) === 'crashPoint')
    .map((call) => call.arguments[0]?.getText());
  const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('crash-points'))
    .map((file) => readFileSync(join(ROOT, 'test', file), 'utf8'));
  const table = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8');

  it.each(CRASH_POINTS)('%s is in the product once, in a test that dies there, and in the table', (point) => {
    const quoted = `'${point}'`;
    expect(placed.filter((name) => name === quoted)).toHaveLength(1);
    expect(tests.filter((text) => text.includes(quoted)).length).toBeGreaterThan(0);
    expect(table).toContain(`\`${point}\``);
  });
});
