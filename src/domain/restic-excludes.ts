/** What lies at the root of every volume and is no data of anybody's: sentinel, staging, journals, lost+found. */
const ALWAYS_EXCLUDED = ['.fts*', 'lost+found'];

/**
 * restic's `--exclude` options for a volume. `exclude` are literal paths relative to its root: they are anchored there
 * and their wildcards are escaped (restic matches with Go's filepath.Match; a bare name would match at any depth).
 * `excludePatterns` are restic's own patterns, unchanged.
 */
export function excludeOptions(
  root: string,
  { exclude, excludePatterns }: { exclude: readonly string[]; excludePatterns: readonly string[] },
): string[] {
  const base = root === '/' ? '' : literal(root);
  const anchored = [...ALWAYS_EXCLUDED, ...exclude.map(literal)].map((path) => `${base}/${path}`);
  return [...anchored, ...excludePatterns].map((pattern) => `--exclude=${pattern}`);
}

const literal = (path: string): string => path.replaceAll(/[\\*?[\]]/g, '\\$&');
