import type { NamedProblem } from '../src/domain/job.js';
import { printableName } from '../src/domain/names.js';

/** So many are in the result itself, and no more bytes of JSON than leave a result below 12 KiB; all are in the report. */
const LISTED = 50;
const LISTED_BYTES = 8 * 1024;

/** A growing file with one JSON object a line. */
export interface Report {
  path: string;
  append(entry: NamedProblem): void;
  /** Ends it; only then is all of it on disk. */
  close(): Promise<void>;
}

/** The real bytes of a path that a tool's JSON could only approximate. */
export type RealName = (path: string) => Promise<Uint8Array | string>;

/** Collects what could not be read: a count, the first fifty that fit, and all of it in a report, however many there are. */
export function collectUnreadable(report: Report, realName: RealName) {
  let count = 0;
  let room = LISTED_BYTES;
  const first: NamedProblem[] = [];
  let written = Promise.resolve();
  return {
    add({ item, reason }: { item: string; reason: string }): void {
      count += 1;
      written = written.then(async () => {
        const problem = { ...printableName(await realName(item)), message: reason };
        const size = Buffer.byteLength(JSON.stringify(problem));
        if (first.length < LISTED && size <= room) {
          first.push(problem);
          room -= size;
        }
        report.append(problem);
      });
    },
    /** What the result says; undefined if everything was read. */
    async finish(): Promise<{ count: number; first: NamedProblem[]; report: string } | undefined> {
      await written;
      await report.close();
      return count === 0 ? undefined : { count, first, report: report.path };
    },
  };
}
