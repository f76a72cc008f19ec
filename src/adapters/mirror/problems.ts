import { join } from 'node:path';
import type { NamedProblem } from '../../domain/job.js';
import { pathOfRcloneName } from '../../domain/rclone-names.js';
import { type MirrorFiles, NameList } from './files.js';
import { bytesOf, namesIn } from './lists.js';
import { shortPath } from '../purge/problems.js';
import type { RcloneProblem } from '../rclone-failure.js';
import { openReport } from '../report.js';
import { isErrno } from '../state.js';

/** At most so many are named in a result; all are in the report. */
const NAMED = 25;

/** No longer than this in a result, which has a limit of its own (characters). */
const LONGEST_MESSAGE = 160;

/** What could not be mirrored, for people. */
export interface MirrorProblems {
  count: number;
  first: NamedProblem[];
  report: string;
}

/** Names that could not be uploaded, beside the plan, as listings have them. */
const failedFile = ({ folder }: MirrorFiles): string => join(folder, 'failed.txt');

/** Collects what could not be read, in the plan's listing and in the upload. The last word on a file counts. */
export class ProblemCollector {
  readonly #said = new Map<string, string>();
  readonly #named: NamedProblem[] = [];

  add({ object, message }: RcloneProblem): void {
    if (object !== undefined && object !== '') this.#said.set(object, message);
  }

  /** Something that rclone does not know of. */
  addNamed(problem: NamedProblem): void {
    this.#named.push(problem);
  }

  /** Writes them down; undefined if there is none. */
  async finish(files: MirrorFiles, report: string): Promise<MirrorProblems | undefined> {
    const failed = new NameList(failedFile(files));
    for (const name of this.#said.keys()) failed.add(bytesOf(name));
    failed.close();
    const file = await openReport(report);
    const first: NamedProblem[] = [];
    let count = 0;
    const paths = new Set<string>();
    const tell = (problem: NamedProblem): void => {
      if (paths.has(problem.path)) return;
      paths.add(problem.path);
      count += 1;
      if (first.length < NAMED) first.push(problem);
      file.append(problem);
    };
    for await (const line of linesIfThere(files.unreadable)) tell(JSON.parse(text(line)) as NamedProblem);
    for (const [name, message] of this.#said) {
      tell({
        ...shortPath([Buffer.from(pathOfRcloneName(name))]),
        message: message.slice(0, LONGEST_MESSAGE),
      });
    }
    for (const problem of this.#named) tell(problem);
    await file.close();
    return count === 0 ? undefined : { count, first, report };
  }
}

/** Names that the upload of this plan could not bring there. */
export async function failedNames(files: MirrorFiles): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const name of linesIfThere(failedFile(files))) names.add(name);
  return names;
}

async function* linesIfThere(file: string): AsyncGenerator<string> {
  try {
    yield* namesIn(file);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

const text = (line: string): string => Buffer.from(line, 'latin1').toString();
