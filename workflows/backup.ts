import type { JobInput, RunReport, SnapshotResult } from '../src/domain/job.js';
import { snapshot } from './snapshot.js';

/** A snapshot whose repository is off-site. The steps are the same; the name is what a person looks for. */
export function backup(input: JobInput): Promise<RunReport<SnapshotResult>> {
  return snapshot(input);
}
