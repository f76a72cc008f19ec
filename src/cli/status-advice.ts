import { formatDuration } from '../domain/units.js';
import { CONTROL_QUEUE } from '../domain/queues.js';
import { printableText } from './format.js';
import { kitAdvice } from './kit-status.js';
import { keptSourcesAdvice } from './kept-sources.js';
import { rebuildAdvice } from './rebuild-status.js';
import type { GatheredStatus } from './status-gather.js';
import { holdAdvice } from './status-hold.js';
import type { JudgedJob } from './status-jobs.js';

/** One line for each thing that is not as it should be: what it is, and what to do. */
export function statusAdvice({ view, jobs, volumes, away }: GatheredStatus): string[] {
  return [
    ...(away === undefined ? [] : [`${away.message}: ${away.hint}`]),
    ...jobs.flatMap(waitingAdvice),
    ...jobs.filter(needsAdvice).flatMap((job) => jobAdvice(job, Date.parse(view.at))),
    ...jobs.flatMap(({ status: { job, result } }) => keptSourcesAdvice(job, result)),
    ...rebuildAdvice(view.rebuilds),
    ...volumes.filter(({ status }) => status.state !== 'healthy').map(volumeAdvice),
    ...(view.temporal === 'up' ? view.workers.filter(({ state }) => state === 'down').map(workerAdvice) : []),
    ...kitAdvice(view.kit, Date.parse(view.at)),
  ].map(printableText);
}

const waitingAdvice = ({ status: { job, waiting } }: JudgedJob): string[] =>
  waiting === null
    ? []
    : [`${job} does not get on (${waiting}): it goes on by itself; end it with \`fts cancel ${job}\``];

/** A job without a cron leaves the estate healthy, but what went wrong with it is told all the same. */
const needsAdvice = ({ healthy, status: { lastOutcome } }: JudgedJob): boolean =>
  !healthy || lastOutcome === 'failed' || lastOutcome === 'partial' || lastOutcome === 'held';

function jobAdvice({ status, last }: JudgedJob, now: number): string[] {
  const { job, lastOutcome, hold } = status;
  if (hold !== null) return holdAdvice(job, hold, now);
  if (lastOutcome === 'held')
    return [`${job} is held: look at it with \`fts runs ${job}\`, then \`fts approve ${job}\``];
  return [troubleAdvice(status, last)];
}

function troubleAdvice(status: JudgedJob['status'], last: JudgedJob['last']): string {
  const { job, lastOutcome, lastSuccess, ageSeconds, sloSeconds } = status;
  if (lastOutcome === 'failed' || lastOutcome === 'partial') {
    const why = last?.error === undefined ? '' : `, ${last.error.type}: ${last.error.message}`;
    return `${job} was ${lastOutcome}${why}: ${last?.error?.hint ?? `see \`fts logs ${job}\``}; then \`fts run ${job}\``;
  }
  if (ageSeconds === null) return `${job} should have run by now and never has: \`fts run ${job}\``;
  if (ageSeconds === 0)
    return `${job} is overdue (its last success is of ${lastSuccess ?? ''}, a time yet to come: a clock was wrong): \`fts run ${job}\``;
  const age = `${formatDuration(ageSeconds)} old, at most ${formatDuration(sloSeconds ?? 0)} is wanted`;
  return `${job} is overdue (its last success is ${age}): \`fts run ${job}\`, or see \`fts runs ${job}\``;
}

function volumeAdvice({ status, found, hint }: GatheredStatus['volumes'][number]): string {
  return `volume ${status.volume} is ${status.state} (${found}): ${hint ?? `look at ${status.mountpoint} on ${status.host}`}`;
}

function workerAdvice({ queue }: { queue: string }): string {
  const command =
    queue === CONTROL_QUEUE ? 'fts worker --control' : `fts worker --host ${queue.replace(/^host-/, '')}`;
  return `no worker polls ${queue}: start it with \`${command}\`, or everything with \`fts dev\``;
}
