import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const RULES = ['@typescript-eslint/no-restricted-imports', 'no-restricted-syntax'];

const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => RULES.includes(ruleId),
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

/** Rules broken by `code` as the content of `file`, which need not exist. */
async function broken(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: file });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

const value = (from: string): string => `import { x } from '${from}';\nexport const y = x;\n`;
const type = (from: string): string => `import type { X } from '${from}';\nexport type Y = X;\n`;

describe('refused', () => {
  it.each([
    ['src/domain/a.ts', 'node:fs'],
    ['src/domain/a.ts', 'zod'],
    ['src/domain/a.ts', '../estate/load.js'],
    ['src/domain/a.ts', '../../workflows/snapshot.js'],
    ['src/domain/deep/a.ts', '../../estate/load.js'],
    ['src/estate/a.ts', '../adapters/state.js'],
    ['src/estate/a.ts', 'execa'],
    ['src/estate/a.ts', 'pino'],
    ['src/estate/rules/a.ts', '../../adapters/state.js'],
    ['src/estate/rules/a.ts', '../../cli/main.js'],
    ['src/adapters/a.ts', '../cli/output.js'],
    ['src/adapters/a.ts', '../../activities/restic.js'],
    ['src/adapters/a.ts', '@temporalio/activity'],
    ['src/cli/a.ts', '../../workers/control.js'],
    ['src/cli/a.ts', '../../activities/restic.js'],
    ['src/cli/a.ts', '@temporalio/worker'],
    ['src/cli/a.ts', '../tour/main.js'],
    ['src/tour/a.ts', '../cli/output.js'],
    ['src/tour/a.ts', '../estate/load.js'],
    ['src/tour/a.ts', '@temporalio/client'],
    ['workflows/a.ts', '../src/estate/load.js'],
    ['workflows/a.ts', '../src/adapters/tool.js'],
    ['workflows/a.ts', 'node:path'],
    ['workflows/a.ts', 'zod'],
    ['workflows/a.ts', 'pino'],
    ['workflows/a.ts', '@temporalio/client'],
    ['activities/a.ts', '../workflows/snapshot.js'],
    ['activities/a.ts', '../schedules/define.js'],
    ['activities/a.ts', 'execa'],
    ['activities/a.ts', 'node:fs'],
    ['activities/a.ts', 'node:paths'],
    ['activities/a.ts', '@temporalio/workflow'],
    ['schedules/a.ts', '../src/adapters/state.js'],
    ['schedules/a.ts', '../activities/restic.js'],
    ['schedules/a.ts', '@temporalio/worker'],
    ['schedules/a.ts', 'node:fs'],
    ['workers/a.ts', '../src/cli/main.js'],
    ['workers/a.ts', '../src/tour/main.js'],
    ['workers/a.ts', '../test/support/fake-tool.js'],
  ])('%s from %s', async (file, from) => {
    await expect(broken(file, value(from))).resolves.toContain(RULES[0]);
    await expect(broken(file, type(from))).resolves.toContain(RULES[0]);
    await expect(broken(file, `export * from '${from}';\n`)).resolves.toContain(RULES[0]);
    await expect(broken(file, `export const x = import('${from}');\n`)).resolves.toEqual([RULES[1]]);
  });

  it.each([
    ['src/domain/a.ts', './../estate/load.js'],
    ['src/estate/a.ts', '../domain/../adapters/state.js'],
    ['workflows/a.ts', '../src/domain/../adapters/tool.js'],
    ['src/estate/rules/a.ts', '../rules/../../adapters/state.js'],
  ])('%s by a path that goes down and up again: %s', async (file, from) => {
    await expect(broken(file, value(from))).resolves.toContain(RULES[0]);
  });

  it('a dynamic import of what is not written out', async () => {
    await expect(broken('src/cli/a.ts', 'export const load = (x: string) => import(x);\n')).resolves.toEqual([
      RULES[1],
    ]);
  });
});

describe('accepted as types only', () => {
  it.each([
    ['workflows/a.ts', '../activities/restic.js'],
    ['activities/a.ts', '../src/adapters/tool.js'],
    ['schedules/a.ts', '../workflows/snapshot.js'],
    ['src/cli/a.ts', '../../workflows/snapshot.js'],
    ['workers/a.ts', '../workflows/index.js'],
  ])('%s from %s', async (file, from) => {
    await expect(broken(file, type(from))).resolves.toEqual([]);
    await expect(broken(file, value(from))).resolves.toEqual([RULES[0]]);
    await expect(broken(file, `export const x = import('${from}');\n`)).resolves.toEqual([RULES[1]]);
  });
});

describe('accepted', () => {
  it.each([
    ['src/domain/a.ts', './failures.js'],
    ['src/domain/deep/a.ts', '../failures.js'],
    ['src/estate/a.ts', '../domain/failures.js'],
    ['src/estate/a.ts', './rules/nesting.js'],
    ['src/estate/a.ts', 'zod'],
    ['src/estate/a.ts', 'yaml'],
    ['src/adapters/a.ts', '../estate/lookup.js'],
    ['src/estate/a.ts', 'fastest-levenshtein'],
    ['src/estate/a.ts', 'fastest-levenshtein'],
    ['src/estate/a.ts', 'node:fs/promises'],
    ['src/estate/rules/a.ts', '../load.js'],
    ['src/estate/rules/a.ts', '../../domain/failures.js'],
    ['src/adapters/a.ts', 'execa'],
    ['src/adapters/a.ts', 'pino'],
    ['src/adapters/a.ts', '@azure/identity'],
    ['src/adapters/a.ts', '../domain/failures.js'],
    ['src/cli/a.ts', '../../schedules/apply.js'],
    ['src/cli/a.ts', '../estate/load.js'],
    ['src/cli/a.ts', '@temporalio/client'],
    ['src/tour/a.ts', '../adapters/tools.js'],
    ['workflows/a.ts', '../src/domain/job.js'],
    ['workflows/a.ts', '@temporalio/workflow'],
    ['activities/a.ts', '../src/estate/load.js'],
    ['activities/a.ts', 'node:path'],
    ['schedules/a.ts', '../src/domain/job.js'],
    ['workers/a.ts', '../activities/restic.js'],
    ['workers/a.ts', '../src/adapters/state.js'],
    ['test/a.test.ts', '../src/cli/main.js'],
  ])('%s from %s', async (file, from) => {
    await expect(broken(file, value(from))).resolves.toEqual([]);
    await expect(broken(file, `export const x = import('${from}');\n`)).resolves.toEqual([]);
  });
});

describe('no code is out of the rules’ reach', () => {
  const FOLDERS = ['src', 'workflows', 'activities', 'workers', 'schedules'];
  const IGNORED = ['test', 'node_modules', 'dist', 'dist.next', '.fts', '.git'];

  it.each([...new Set(FOLDERS.flatMap(foldersWithCode))])('%s', async (folder) => {
    const forbidden = value('nowhere-to-be-found');
    await expect(broken(path.join(folder, 'a.ts'), forbidden)).resolves.toContain(RULES[0]);
  });

  it('there is none in other top-level folders', () => {
    const others = readdirSync('.', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && ![...FOLDERS, ...IGNORED].includes(entry.name))
      .flatMap((entry) => foldersWithCode(entry.name));
    expect(others).toEqual([]);
  });
});

/** Folders at or below `folder` that hold TypeScript themselves. */
function foldersWithCode(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => entry.parentPath);
}
