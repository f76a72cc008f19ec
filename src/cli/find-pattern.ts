import { type Glob, glob, globOf } from '../domain/glob.js';
import { excludeProblem } from '../domain/go-match.js';
import { parseRequestPath } from '../domain/request-path.js';
import { UsageError } from '../domain/usage-error.js';

/** What `fts find` looks for. */
export interface FindPattern {
  /** For restic: what it finds is more than is meant. */
  forRestic: string[];
  /** Whether an entry may be meant, by where it lies in a snapshot's tree. */
  mayMean: (place: string) => boolean;
  /** Whether an entry is meant. `path` is where it lies, `volume/path` or in the tree, as restic prints it. */
  accepts: (path: string) => boolean;
  /** Whether an entry is meant, now that its name is known as it is printed. */
  acceptsPrinted: (path: string) => boolean;
  /** The volume that the pattern begins with, and the folder in it that holds all that it can mean. */
  below: { volume: string; folder: string } | undefined;
}

export interface PatternOptions {
  ignoreCase: boolean;
  volumes: readonly string[];
}

/**
 * A pattern without a slash is compared with names, one with a slash with paths: with the end of a path, or, where it
 * begins with a volume's name, with the whole `volume/path`. A name as this product prints it (`caf\xe9`) means itself.
 */
export function findPattern(pattern: string, { ignoreCase, volumes }: PatternOptions): FindPattern {
  const names = pattern.split('/').filter((part) => part !== '');
  if (names.length === 0 || pattern.includes('\0'))
    throw new UsageError(`${JSON.stringify(pattern)} is no pattern`, {
      hint: 'such as *.txt or flux/active/*.md',
    });
  const anywhere = glob(pattern, { ignoreCase });
  const [volume = '', ...inVolume] = names;
  const isOfVolume = inVolume.length > 0 && volumes.includes(volume) && !pattern.startsWith('/');
  const whole = isOfVolume ? glob(`/${names.join('/')}`, { ignoreCase }) : undefined;
  const printed = printedPattern(names.at(-1) ?? '');
  const problem = excludeProblem(pattern);
  if (problem !== undefined && printed === undefined)
    throw new UsageError(`${JSON.stringify(pattern)} is no pattern: it has ${problem}`, {
      hint: 'a \\ before a character means just that character, such as "\\[draft].txt"',
    });
  const globs = [anywhere, ...(whole ? [whole] : [])];
  const loosely = [anywhere, ...(isOfVolume ? [glob(inVolume.join('/'), { ignoreCase })] : [])];
  const lastIs = (path: string): boolean => path === pattern || path.endsWith(`/${pattern}`);
  return {
    forRestic: [
      ...(problem === undefined ? [pattern] : []),
      ...(problem === undefined && isOfVolume ? [inVolume.join('/')] : []),
      ...(printed === undefined ? [] : [[...names.slice(isOfVolume ? 1 : 0, -1), printed].join('/')]),
    ],
    mayMean: (place) =>
      matchesAny(loosely, place) ||
      (printed !== undefined && lossyMatch(isOfVolume ? inVolume : names, printed, place)),
    accepts: (path) => matchesAny(globs, path) || (printed !== undefined && lossyMatch(names, printed, path)),
    acceptsPrinted: (path) => matchesAny(globs, path) || (printed !== undefined && lastIs(path)),
    below: isOfVolume ? { volume, folder: literalFolder(inVolume.slice(0, -1)) } : undefined,
  };
}

const matchesAny = (globs: readonly Glob[], path: string): boolean => globs.some((one) => one.matches(path));

/** The name that is printed as `name`, as a pattern: a byte that is no UTF-8 is any character. */
function printedPattern(name: string): string | undefined {
  const { printed } = parseRequestPath(`volume/${name === '..' ? '' : name}`);
  if (printed === undefined) return undefined;
  return globOf(new TextDecoder('utf-8', { ignoreBOM: true }).decode(printed)).replaceAll(/\ufffd/g, '?');
}

const lossyMatch = (names: readonly string[], printed: string, path: string): boolean =>
  glob([...names.slice(0, -1).map(globOf), printed].join('/')).matches(path);

/** The folders at the beginning of a pattern that mean just themselves. */
function literalFolder(names: readonly string[]): string {
  const first = names.findIndex((name) => /[\\*?[\]]/.test(name));
  return (first < 0 ? names : names.slice(0, first)).join('/');
}
