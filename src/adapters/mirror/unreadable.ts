import type { NamedProblem } from '../../domain/job.js';
import { printableName } from '../../domain/names.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import type { RcloneProblem } from '../rclone-failure.js';
import { openReport } from '../report.js';

/** At most so many are named in a result. */
const NAMED = 25;

/** Folders of the volume that could not be listed. */
export interface UnreadableFolders {
  count: number;
  first: NamedProblem[];
  /** As listings have them. */
  names: ReadonlySet<string>;
  /** Whether a name (latin1 text) lies below one: what the volume has there is not known. */
  covers: (name: string) => boolean;
}

/** The folders that rclone could not list, written down in a report on the host. */
export async function unreadableFolders(
  problems: readonly RcloneProblem[],
  report: string,
): Promise<UnreadableFolders> {
  const messages = new Map(problems.map(({ object = '', message }) => [object, message]));
  const listed = [...messages].map(([name, message]): NamedProblem => ({
    ...printableName(pathOfRcloneName(name)),
    message: /[^:]+$/.exec(message)?.[0].trim() ?? message,
  }));
  const file = await openReport(report);
  for (const problem of listed) file.append(problem);
  await file.close();
  const folders = new Set([...messages.keys()].map((name) => Buffer.from(name).toString('latin1')));
  return {
    count: listed.length,
    first: listed.slice(0, NAMED),
    names: folders,
    covers: (name) => liesBelow(folders, name),
  };
}

function liesBelow(folders: ReadonlySet<string>, name: string): boolean {
  if (folders.size === 0) return false;
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    if (folders.has(name.slice(0, at))) return true;
  }
  return false;
}
