import type { RebuildState } from '../../domain/rebuild-run.js';
import type { RebuildRecord } from './record.js';

/** Whether there is something to go on with: it did not end, or not all came back. */
export const isUnderWay = ({ endedAt, failed }: Pick<RebuildRecord, 'endedAt' | 'failed'>): boolean =>
  endedAt === undefined || failed.length > 0;

/** How far a rebuild is. */
export const stateOf = (record: RebuildRecord): RebuildState => ({
  ...{ source: record.source, resumes: record.resumed },
  parts: {
    count: record.parts,
    done: record.parts - record.todo.length - record.failed.length - (record.batch?.parts.length ?? 0),
    failed: record.failed.length,
  },
});
