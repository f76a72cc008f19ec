import { rcloneName } from './rclone-names.js';
import { OWN_FOLDER } from './sentinel.js';

/** What lies at the root of every volume and is no data of anybody's, as rclone's patterns. */
const ALWAYS_EXCLUDED = [`/${OWN_FOLDER}*`, `/${OWN_FOLDER}*/**`, '/lost+found', '/lost+found/**'];

/** What rclone adds to the name of a link that it stores. */
export const LINK = '.rclonelink';

/** What is left out of a mirror. */
export interface MirrorExcludes {
  /** Literal paths relative to the volume's root; a folder means everything in it. */
  exclude: readonly string[];
  /** rclone's own patterns, unchanged. */
  excludePatterns: readonly string[];
  /**
   * Folders of restic repositories on the volume, relative to its root. Their locks mean nothing elsewhere, nor does
   * what restic is still writing.
   */
  repositories: readonly string[];
}

/**
 * rclone's patterns for what is left out. A literal path is anchored at the root, and is a file's, a folder's or a link's: so
 * it takes three patterns. In rclone's patterns a backslash takes the meaning from the character behind it.
 */
export const mirrorFilter = ({ exclude, excludePatterns, repositories }: MirrorExcludes): string[] => [
  ...ALWAYS_EXCLUDED,
  ...exclude.flatMap((path) => [literal(path), `${literal(path)}/**`, `${literal(path)}${LINK}`]),
  ...repositories.flatMap((path) => [`${literal(path)}/locks/**`, `${literal(path)}/**-tmp-*`]),
  ...excludePatterns,
];

const literal = (path: string): string => patternOf(rcloneName(path.replace(/\/+$/, '')));

/** rclone's pattern for exactly one name, as rclone writes it, from the root. */
export const patternOf = (name: string): string => `/${name.replaceAll(/[\\*?[\]{}]/g, '\\$&')}`;

/** Patterns as arguments: in a file rclone would cut blanks off their ends. */
export const filterArguments = (patterns: readonly string[]): string[] =>
  patterns.map((pattern) => `--filter=- ${pattern}`);

/** How one filter differs from another, for a sentence; undefined if it does not. */
export function filterChange(before: readonly string[], now: readonly string[]): string | undefined {
  const added = told(now).filter((pattern) => !before.includes(pattern));
  const removed = told(before).filter((pattern) => !now.includes(pattern));
  const parts = [
    ...(added.length > 0 ? [`now left out: ${named(added)}`] : []),
    ...(removed.length > 0 ? [`no longer left out: ${named(removed)}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : undefined;
}

/** That a link's name is left out goes without saying beside the name itself. */
const told = (patterns: readonly string[]): string[] =>
  patterns.filter((pattern) => !pattern.endsWith(LINK) || !patterns.includes(pattern.slice(0, -LINK.length)));

/** So many patterns are named in a message. */
const NAMED = 5;

const named = (patterns: readonly string[]): string => {
  const more = patterns.length - NAMED;
  return `${patterns.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
};
