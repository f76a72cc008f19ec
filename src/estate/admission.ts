import { differingKeys } from '../domain/declaration.js';
import { FtsError } from '../domain/failures.js';
import type { JobRequest } from '../domain/job.js';
import { declarationOf } from './declaration.js';
import type { LoadedEstate } from './load.js';
import { jobHost } from './lookup.js';
import type { Job } from './schema.js';

const SAME_ESTATE = 'give both the same estate file, then run `fts schedules apply`';

/**
 * What a request means on this host, by the host's own estate: the declared job. Fails with `UnknownJob` if it is
 * not declared for this host, and with `EstateSkew`, naming the differing keys, if it was made for another declaration.
 */
export function declaredJob({ estate }: LoadedEstate, host: string, request: JobRequest): Job {
  const job = Object.hasOwn(estate.jobs, request.job) ? estate.jobs[request.job] : undefined;
  if (request.estate !== estate.estate || !job) {
    throw new FtsError(
      'UnknownJob',
      `host ${host} declares no job ${request.estate}/${request.job}`,
      SAME_ESTATE,
    );
  }
  const owner = jobHost(estate, request.job);
  if (owner !== host) {
    throw new FtsError(
      'UnknownJob',
      `job ${request.job} belongs to host ${owner}, not to ${host}`,
      SAME_ESTATE,
    );
  }
  const mine = declarationOf(estate, request.job);
  if (mine.digest !== request.declaration.digest) {
    throw new FtsError(
      'EstateSkew',
      `host ${host} declares job ${request.job} differently: ${differingKeys(mine, request.declaration).join(', ')}`,
      SAME_ESTATE,
    );
  }
  return job;
}
