import { UsageError } from '../domain/usage-error.js';
import type { Estate, Job } from '../estate/schema.js';
import { nearest } from '../estate/suggest.js';

/** The declared job of that name. A misspelt one is a usage error that names the nearest. */
export function knownJob(estate: Estate, name: string): Job {
  const job = Object.hasOwn(estate.jobs, name) ? estate.jobs[name] : undefined;
  if (job !== undefined) return job;
  throw unknownName('job', name, Object.keys(estate.jobs), '`fts jobs` lists what is declared');
}

/** The usage error for a name that the estate does not declare. */
export function unknownName(
  what: string,
  name: string,
  declared: readonly string[],
  hint: string,
): UsageError {
  const suggestion = nearest(name, declared);
  return new UsageError(`the estate declares no ${what} ${JSON.stringify(name)}`, {
    hint,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}
