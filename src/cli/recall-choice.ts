import type { RecallPlan } from '../domain/recall.js';
import { UsageError } from '../domain/usage-error.js';
import type { Estate } from '../estate/schema.js';
import { nearest } from '../estate/suggest.js';
import { knownJob } from './known-name.js';

/** What the archive of one graduation holds of a project. */
export interface LookedAt {
  job: string;
  plan: RecallPlan;
}

/** The graduations in whose archives to look. Throws `UsageError` if there is none, or for a job that is none. */
export function graduationJobs(estate: Estate, job: string | undefined): string[] {
  const all = Object.keys(estate.jobs).filter((name) => estate.jobs[name]?.kind === 'graduation');
  if (job === undefined) {
    if (all.length > 0) return all;
    throw new UsageError('the estate declares no graduation, so that nothing can be recalled');
  }
  const { kind } = knownJob(estate, job);
  if (kind === 'graduation') return [job];
  const suggestion = nearest(job, all);
  throw new UsageError(`${job} is a ${kind}, not a graduation`, {
    hint: all.length > 0 ? `the graduations are ${all.join(', ')}` : 'the estate declares none',
    ...(suggestion !== undefined && { suggestion }),
  });
}

/** The one archive that has the project. Throws `UsageError` if none has it, or several have. */
export function chosen(project: string, looks: readonly LookedAt[]): LookedAt {
  const [only, ...others] = looks.filter(({ plan }) => plan.found !== 'nothing');
  if (only && others.length === 0) return only;
  if (only) {
    const jobs = [only, ...others].map(({ job, plan }) => `--job ${job} (${plan.from})`);
    throw new UsageError(`several archives have a project ${quoted(project)}`, {
      hint: `say which is meant: ${jobs.join(' or ')}`,
    });
  }
  const names = looks.flatMap(({ plan }) => (plan.found === 'nothing' ? plan.nearest : []));
  const archives = looks.map(({ plan }) => plan.from).join(', ');
  const active = looks.find(({ plan }) => plan.found === 'nothing' && plan.active);
  const hint = active
    ? `one of that name is in ${active.plan.to}`
    : names.length > 0
      ? `did you mean ${names.map(quoted).join(' or ')}?`
      : `look what is there: ${archives}`;
  throw new UsageError(`${archives} has no project ${quoted(project)}`, { hint });
}

const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : JSON.stringify(name));
