import { type FileHandle, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type Amount, type Conflict, type Conflicts } from '../../domain/restore.js';
import { firstConflicts } from '../../domain/restore-conflicts.js';
import { type State, isErrno } from '../state.js';

const Line = z.object({
  path: z.string(),
  encoded: z.literal(true).exactOptional(),
  action: z.enum(['kept', 'replaced', 'renamed']),
  kindDiffers: z.literal(true).exactOptional(),
  files: z.number(),
  bytes: z.number(),
});

/** The conflicts of a restore in place, on the host's disk: one JSON object a line, each durable before it is acted upon. */
export interface ConflictReport {
  /** `lost` is what of the restored is not there because of it. The same conflict twice in a row counts once. */
  add: (conflict: Conflict, lost: Amount) => Promise<void>;
  result(): { conflicts: Conflicts; lost: Amount };
  close(): Promise<void>;
}

/** What was told of a restore's conflicts until now. */
export async function readConflicts(
  state: Pick<State, 'path'>,
  id: string,
): Promise<ReturnType<ConflictReport['result']>> {
  const report = await openConflictReport(conflictReportPath(state, id));
  await report.close();
  return report.result();
}

export const conflictReportPath = (state: Pick<State, 'path'>, id: string): string =>
  state.path('reports', `restore-${id}.jsonl`);

/** What of a restore could not be read: one JSON object a line. */
export const unrestoredReport = (state: Pick<State, 'path'>, id: string): string =>
  state.path('reports', `restore-${id}-unrestored.jsonl`);

/** Goes on with what an earlier attempt wrote; half a line at its end is cut off. */
export async function openConflictReport(path: string): Promise<ConflictReport> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const first = firstConflicts();
  const lost: Amount = { files: 0, bytes: 0 };
  let last: string | undefined; // of a conflict that was reported, and perhaps not acted upon
  const count = ({ files, bytes, ...conflict }: z.output<typeof Line>): void => {
    first.add(conflict);
    lost.files += files;
    lost.bytes += bytes;
    last = JSON.stringify(conflict);
  };
  for (const line of await wholeLines(path)) count(Line.parse(JSON.parse(line)));
  let file: FileHandle | undefined;
  return {
    add: async (conflict, { files, bytes }) => {
      if (JSON.stringify(conflict) === last) return;
      file ??= await open(path, 'a', 0o600);
      const line = { ...conflict, files, bytes };
      await file.appendFile(`${JSON.stringify(line)}\n`);
      await file.datasync();
      count(line);
    },
    result: () => {
      const conflicts = first.result();
      return { conflicts: { ...conflicts, ...(conflicts.count > 0 && { report: path }) }, lost };
    },
    close: async () => {
      await file?.close();
    },
  };
}

async function wholeLines(path: string): Promise<string[]> {
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) await truncate(path, end);
  return text.subarray(0, end).toString().split('\n').slice(0, -1);
}
