import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { NamedProblem } from '../../domain/job.js';
import { lossyName, printableName } from '../../domain/names.js';
import type { RestoreResult, Unrestored } from '../../domain/restore.js';
import { type Part, type RebuildRecord, readParts } from './record.js';
import { openReport } from '../report.js';
import { unrestoredReport } from '../restore/report.js';
import { type State, isErrno } from '../state.js';

const Line: z.ZodType<NamedProblem> = z.object({
  path: z.string(),
  encoded: z.literal(true).exactOptional(),
  message: z.string(),
});

type Failed = RebuildRecord['failed'][number];

/** The parts of the present batch of which something could not be read: all else of them is back. */
export async function unreadParts(
  state: Pick<State, 'read' | 'path'>,
  record: RebuildRecord,
  { unrestored }: Pick<RestoreResult, 'unrestored'>,
): Promise<Failed[]> {
  const { batch } = record;
  if (unrestored === undefined || batch === undefined) return [];
  const parts = await readParts(state, record);
  const partsOf = belonging(parts, batch.parts);
  const found = new Map<number, { count: number; first: NamedProblem }>();
  const told = await linesOf(unrestored.report);
  for (const problem of told.length === 0 ? unrestored.first : told)
    for (const part of partsOf(problem.path)) {
      const known = found.get(part);
      if (known) known.count += 1;
      else found.set(part, { count: 1, first: problem });
    }
  return [...found].map(([part, { count, first }]) => ({
    ...{ part, batch: batch.id, type: 'FilesUnreadable' },
    message:
      `${count === 1 ? 'one file or folder' : `${String(count)} files or folders`} cannot be read: ${first.path}: ${first.message}`.slice(
        0,
        LONGEST_MESSAGE,
      ),
  }));
}

const LONGEST_MESSAGE = 300;

/** Which parts a path that was told belongs to. One that restic tells by a name of others is taken for all of the batch. */
function belonging(parts: readonly Part[], batch: readonly number[]): (path: string) => readonly number[] {
  const byPath = new Map<string, number[]>();
  for (const index of batch) {
    const bytes = Buffer.from(parts[index]?.path ?? '', 'hex');
    for (const text of new Set([printableName(bytes).path, lossyName(bytes)]))
      byPath.set(text, [...(byPath.get(text) ?? []), index]);
  }
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const found = byPath.get(path.slice(0, end));
      if (found) return found;
    }
    return batch;
  };
}

/** So many are in a result, and no more bytes than leave it below 12 KiB. */
const LISTED = 50;
const LISTED_BYTES = 1024;

/** What could not be read of parts that did not come back whole, of all batches in one report. Safe to repeat. */
export async function unreadOf(
  state: Pick<State, 'path'>,
  { volume }: Pick<RebuildRecord, 'volume'>,
  failed: readonly Failed[],
): Promise<Unrestored | undefined> {
  const report = await openReport(state.path('reports', `rebuild-${volume}-unrestored.jsonl`));
  const first: NamedProblem[] = [];
  let count = 0;
  let room = LISTED_BYTES;
  for (const id of new Set(failed.flatMap(({ batch }) => batch ?? [])))
    for (const problem of await linesOf(unrestoredReport(state, id))) {
      count += 1;
      report.append(problem);
      room -= Buffer.byteLength(JSON.stringify(problem));
      if (first.length < LISTED && room >= 0) first.push(problem);
    }
  await report.close();
  return count === 0 ? undefined : { count, first, report: report.path };
}

/** None where somebody has removed the report. */
async function linesOf(report: string): Promise<NamedProblem[]> {
  const text = await readFile(report, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  });
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => Line.parse(JSON.parse(line)));
}
