import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Conflicts } from '../../domain/restore.js';
import { firstConflicts } from '../../domain/restore-conflicts.js';
import type { RebuildRecord } from './record.js';
import { openReport } from '../report.js';
import { type State, isErrno } from '../state.js';

const Line = z.object({
  path: z.string(),
  encoded: z.literal(true).exactOptional(),
  action: z.enum(['kept', 'replaced', 'renamed']),
});

/** What was there and differs, of all batches in one report; each once, whatever was tried again. Safe to repeat. */
export async function conflictsOf(
  state: Pick<State, 'path'>,
  { id, volume, batches }: RebuildRecord,
): Promise<Conflicts> {
  const first = firstConflicts();
  const seen = new Set<string>();
  const report = await openReport(state.path('reports', `rebuild-${volume}-conflicts.jsonl`));
  for (let nth = 0; nth < batches; nth += 1) {
    const text = await textOf(state.path('reports', `restore-rebuild-${id}-${String(nth)}.jsonl`));
    for (const line of text.split('\n').filter(Boolean)) {
      const conflict = Line.parse(JSON.parse(line));
      if (seen.has(conflict.path)) continue;
      seen.add(conflict.path);
      first.add(conflict);
      report.append(conflict);
    }
  }
  await report.close();
  const conflicts = first.result();
  return {
    ...conflicts,
    first: conflicts.first.slice(0, LISTED),
    ...(conflicts.count > 0 && { report: report.path }),
  };
}

/** So many are in a result, beside parts that did not come back. */
const LISTED = 20;

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
}
