import type { GraduationResult, HiddenSources, MovedProject, NamedProject } from '../../domain/graduation.js';
import { printableName } from '../../domain/names.js';

/** So many entries a list has in the result, and so many bytes of JSON all lists together. */
const LISTED = 50;
const LISTED_BYTES = 8 * 1024;

/** A file that collects one JSON object a line. */
export interface TallyReport {
  path: string;
  append(entry: object): void;
  close(): Promise<void>;
}

/** Collects what became of each project: all of it in the report, as much as fits in the result. */
export function createTally(report: TallyReport) {
  const counts = { moved: 0, kept: 0, failed: 0 };
  const lists = {
    moved: [] as MovedProject[],
    kept: [] as (NamedProject & { reason: string })[],
    failed: [] as (NamedProject & { reason: string })[],
  };
  let room = LISTED_BYTES;
  const add = <T extends object>(which: keyof typeof counts, list: T[], entry: T): void => {
    counts[which] += 1;
    report.append({ outcome: which, ...entry });
    const size = Buffer.byteLength(JSON.stringify(entry));
    if (list.length >= LISTED || size > room) return;
    list.push(entry);
    room -= size;
  };
  return {
    moved: (name: Buffer, more: Pick<MovedProject, 'files' | 'bytes' | 'destination'>) =>
      add('moved', lists.moved, { ...projectName(name), ...more }),
    kept: (name: Buffer, reason: string) => add('kept', lists.kept, { ...projectName(name), reason }),
    failed: (name: Buffer, reason: string) => add('failed', lists.failed, { ...projectName(name), reason }),
    finish: async (sources: HiddenSources): Promise<GraduationResult> => {
      await report.close();
      return { counts, ...lists, sources, report: report.path };
    },
  };
}
export type Tally = ReturnType<typeof createTally>;

function projectName(name: Buffer): NamedProject {
  const { path, encoded } = printableName(name);
  return { project: path, ...(encoded && { encoded }) };
}
