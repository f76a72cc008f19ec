import type { JobInput, JobRequest } from './job.js';
import { type NamedProject } from './graduation.js';
import { printableName } from './names.js';

/** Asks for a project of the archive of the graduation `job`. `project` is a name, as printed (`names.ts`). */
export interface RecallRequest extends JobRequest {
  project: string;
}

/** Input of the workflows `recall` and `recallPlan`. */
export type RecallInput = RecallRequest & Pick<JobInput, 'host'>;

/** What a recall did. Bytes; zeros if the project was back already. Places are `volume/path`. */
export interface RecallResult {
  files: number;
  bytes: number;
  from: string;
  to: string;
  /** Where the archive's copy is hidden until it is swept. */
  keptAt?: string;
}

/** What a recall would do: `found` is what the host knows of a project of that name. */
export type RecallPlan =
  /** In the archive, or on its way back since a recall that broke off. `conflicts` are what it would fail for, for people. */
  | ({ found: 'archived' | 'under way' } & NamedProject & RecallResult & { conflicts: string[] })
  /** Back already. */
  | ({ found: 'recalled' } & NamedProject & RecallResult)
  /** Neither. `nearest` are names in the archive, `active` if a project of that name never left. */
  | { found: 'nothing'; from: string; to: string; nearest: string[]; active: boolean };

/**
 * The one of these names that somebody means who writes `wanted`: that very name, else the one that is printed so, else
 * the only one that looks so (Unicode normalisation). Never one that differs in case.
 */
export function nameMeant<Name extends Uint8Array>(wanted: string, names: readonly Name[]): Name | undefined {
  const asPrinted = names.map((name) => ({ name, ...printableName(name) }));
  const plain = asPrinted.find(({ path, encoded }) => path === wanted && !encoded);
  const printed = plain ?? asPrinted.find(({ path }) => path === wanted);
  if (printed) return printed.name;
  const alike = asPrinted.filter(({ path }) => path.normalize('NFC') === wanted.normalize('NFC'));
  return alike.length === 1 ? alike[0]?.name : undefined;
}
