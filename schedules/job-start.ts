import type { JobInput } from '../src/domain/job.js';
import { UsageError } from '../src/domain/usage-error.js';
import { declarationOf } from '../src/estate/declaration.js';
import { jobHost } from '../src/estate/lookup.js';
import type { Estate } from '../src/estate/schema.js';
import { nearest } from '../src/estate/suggest.js';

/** Input of a job's workflow, from this estate. Throws `UsageError` for a job it does not declare. */
export function jobInput(estate: Estate, job: string, { force = false }: { force?: boolean } = {}): JobInput {
  const declared = Object.hasOwn(estate.jobs, job) ? estate.jobs[job] : undefined;
  if (declared === undefined) {
    const suggestion = nearest(job, Object.keys(estate.jobs));
    throw new UsageError(`the estate declares no job ${job}`, {
      hint: 'see `fts jobs`',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  return {
    estate: estate.estate,
    job,
    kind: declared.kind,
    host: jobHost(estate, job),
    declaration: declarationOf(estate, job),
    ...(force ? { force } : {}),
  };
}
