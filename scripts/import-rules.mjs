// Which folder may import what, as ESLint configuration. Whatever is not listed is refused.

const NODE = 'node:*';
/** A slash in a selector's regular expression, which cannot hold one itself. */
const SLASH = String.raw`\u002f`;

/**
 * `values` may be imported, `types` only with `import type`. An entry is a folder of this repository, a package (with
 * its subpaths), or, ending in `*`, everything that begins so.
 */
const FOLDERS = {
  'src/domain': { values: [], types: [] },
  'src/estate': {
    values: ['src/domain', 'zod', 'yaml', 'fastest-levenshtein', NODE],
    types: [],
  },
  'src/adapters': {
    values: [
      ...['src/domain', 'src/estate', NODE],
      ...['execa', 'pino', '@azure/*', 'zod', 'yaml', 'fflate', 'unbzip2-stream', 'age-encryption'],
    ],
    types: [],
  },
  'src/b2-stand-in': { values: ['src/domain', 'zod', NODE], types: [] },
  workflows: {
    values: ['src/domain', '@temporalio/workflow', '@temporalio/common'],
    types: ['activities'],
  },
  activities: {
    values: ['src/domain', 'src/estate', '@temporalio/activity', '@temporalio/common', 'zod', 'node:path'],
    types: ['src/adapters'],
  },
  schedules: {
    values: [
      'src/domain',
      'src/estate',
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/proto',
      'zod',
    ],
    types: ['workflows'],
  },
  'src/cli': {
    values: [
      ...['src/domain', 'src/estate', 'src/adapters', 'schedules', NODE],
      ...['@temporalio/client', '@temporalio/common', '@temporalio/envconfig', '@temporalio/proto'],
      ...['commander', 'execa', 'pino', 'zod'],
    ],
    types: ['workflows'],
  },
  'src/tour': { values: ['src/domain', 'src/adapters', 'execa', NODE], types: [] },
  workers: {
    values: [
      ...['src/domain', 'src/estate', 'src/adapters', 'activities', 'schedules', NODE],
      ...['@temporalio/*', 'execa', 'pino', 'zod'],
    ],
    types: ['workflows'],
  },
};

/** Depth of folders below one of the table that its rules reach; a deeper one fails test/import-rules.test.ts. */
const DEEPEST = 2;

/** Flat configuration objects, one for each folder and depth: what a relative path means depends on both. */
export const importRules = Object.entries(FOLDERS).flatMap(([folder, allowed]) =>
  Array.from({ length: DEEPEST + 1 }, (_, depth) => ({
    files: [`${folder}${'/*'.repeat(depth)}/*.ts`],
    rules: rulesFor(folder, depth, allowed),
  })),
);

function rulesFor(folder, depth, { values, types }) {
  const own = depth === 0 ? [String.raw`\./`] : [String.raw`\./`, String.raw`(\.\./){1,${depth}}(?!\.\./)`];
  const asType = types.map((entry) => patternOf(entry, folder, depth));
  const asValue = [...own, ...values.map((entry) => patternOf(entry, folder, depth))];
  const refused = `${folder} must not import it (scripts/import-rules.mjs).`;
  const patterns = [{ regex: anythingBut([...asValue, ...asType]), message: refused }];
  if (asType.length > 0)
    patterns.push({
      regex: `^(${asType.join('|')})`,
      allowTypeImports: true,
      message: `${folder} may import only types of it.`,
    });
  return {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
    'no-restricted-syntax': [
      'error',
      {
        selector: `ImportExpression[source.value=/${anythingBut(asValue).replaceAll('/', SLASH)}/]`,
        message: refused,
      },
      {
        selector: 'ImportExpression:not([source.type="Literal"])',
        message: 'What is imported must be written out, so that the import rules can see it.',
      },
    ],
  };
}

/** Besides: a path that goes down and up again could end anywhere. */
function anythingBut(patterns) {
  return String.raw`^(?!${patterns.join('|')})|(^|/)[^/]*[^./][^/]*/\.\./|^\./\.\./`;
}

/** How an import of `entry` begins in a file that lies `depth` folders below `folder`. */
function patternOf(entry, folder, depth) {
  if (entry.endsWith('*')) return escaped(entry.slice(0, -1));
  if (!Object.hasOwn(FOLDERS, entry)) return `${escaped(entry)}(/|$)`;
  return escaped(`${'../'.repeat(depth)}${relativePath(folder, entry)}/`);
}

/** Path from one folder of the table to another. */
function relativePath(from, to) {
  const [left, right] = [from.split('/'), to.split('/')];
  while (left[0] === right[0]) {
    left.shift();
    right.shift();
  }
  return [...left.map(() => '..'), ...right].join('/');
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
