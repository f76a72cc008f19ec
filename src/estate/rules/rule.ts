import type { Draft } from '../draft.js';
import type { Path, Problem } from '../problem.js';
import type { Places } from './places.js';

/** Sections whose entries others refer to by name. */
export const SECTIONS = ['hosts', 'volumes', 'shares', 'repositories', 'remotes'] as const;
export type Section = (typeof SECTIONS)[number];

/** What a rule sees, and where it tells what it found. */
export interface RuleContext {
  draft: Draft;
  places: Places;
  /** Names that a section declares, right or wrong; undefined if the section itself is broken. */
  declared: (section: Section) => ReadonlySet<string> | undefined;
  /** Whether the schema found nothing wrong at or below `path`. */
  intact: (path: Path) => boolean;
  /** At the value of `path`. */
  report: (path: Path, message: string, more?: Pick<Problem, 'slip' | 'absence'>) => void;
  /** At the key of `path`. */
  reportKey: (path: Path, message: string, more?: Pick<Problem, 'slip' | 'absence'>) => void;
  /** `path` ends in the key that is missing; says nothing if it is there and wrong. */
  reportMissing: (path: Path, expected: string) => void;
  /** At the value of `path`; does not make the estate invalid. */
  warn: (path: Path, message: string) => void;
}

/** Checks something that holds between several values. Works on a draft: any key may be absent. */
export type Rule = (context: RuleContext) => void;
