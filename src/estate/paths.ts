import { posix, win32 } from 'node:path';
import type { Host } from './schema.js';

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** No system opens a longer one. */
const LONGEST = 4096;

/** Says what was expected if `path` is empty, too long, goes up, or holds control characters. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'a path that is not empty';
  if (path.length > LONGEST) return `a path of at most ${String(LONGEST)} characters`;
  if (CONTROL.test(path)) return 'a path without control characters';
  if (path.split(/[/\\]/).includes('..')) return 'a path without ".."';
  return undefined;
}

/** Says what was expected if `path` is not a plain path below a folder: no leading slash, no empty part, no dots. */
export function relativePathProblem(path: string): string | undefined {
  const problem = pathProblem(path);
  if (problem !== undefined) return problem;
  if (path.startsWith('/')) return 'a relative path, without a leading slash';
  const parts = path.replace(/\/$/, '').split('/');
  if (parts.includes('.')) return 'a path without "." in it';
  return parts.includes('') ? 'a path without empty parts' : undefined;
}

/** Says what was expected if `path` is not absolute, on any platform. */
export function absolutePathProblem(path: string): string | undefined {
  if (!posix.isAbsolute(path) && !win32.isAbsolute(path)) return 'an absolute path';
  return pathProblem(path);
}

/** A `volume/path` in its two parts; `path` is empty for the volume's root. */
export function splitVolumePath(text: string): { volume: string; path: string } {
  const [volume = '', ...rest] = text.replace(/\/+$/, '').split('/');
  return { volume, path: rest.join('/') };
}

/** Whether `path` is absolute on that platform. */
export const isAbsoluteOn = (platform: Host['platform'], path: string): boolean =>
  platform === 'windows' ? win32.isAbsolute(path) : posix.isAbsolute(path);

/** Whether `inner` is `outer` or lies below it. Both normal, with `/`. */
export const isWithin = (inner: string, outer: string): boolean =>
  inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`);

/** As `relativePathProblem`, for what this product makes or deletes: not its own `.fts*` at a volume's root. */
export function ownablePathProblem(path: string): string | undefined {
  if (path.startsWith('.fts')) return "another path: .fts* at a volume's root is this product's own";
  return relativePathProblem(path);
}

/** As `ownablePathProblem`, for a `volume/path`. */
export function volumePathProblem(text: string): string | undefined {
  return relativePathProblem(text) ?? ownablePathProblem(splitVolumePath(text).path || '-');
}
