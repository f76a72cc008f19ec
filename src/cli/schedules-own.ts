import { type OwnSchedule, ownSchedule } from '../../schedules/operate.js';
import { scheduleId } from '../domain/ids.js';
import { UsageError } from '../domain/usage-error.js';
import type { Estate } from '../estate/schema.js';
import { type Session, withSession } from './connection.js';
import { loadEstateOption } from './estate-option.js';
import { knownJob } from './known-name.js';

/** A schedule that a command is about, and where it came from. */
export interface NamedSchedule extends OwnSchedule {
  estate: Estate;
  /** The job it is for; the estate may no longer declare it. */
  job: string;
  id: string;
}

/** Finds the schedule that the user names by its job or its id, and does the work on it. */
export async function withSchedule<T>(
  { estate: file, id: name }: { estate?: string; id: string },
  work: (schedule: NamedSchedule, session: Session) => Promise<T>,
): Promise<T> {
  const { estate } = await loadEstateOption(file);
  const prefix = scheduleId(estate.estate, '');
  const job = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const id = scheduleId(estate.estate, job);
  return withSession(async (session) => {
    const found = await ownSchedule(session.client, estate.estate, id);
    if (found === undefined) throw noSchedule(estate, job);
    return work({ ...found, estate, job, id }, session);
  });
}

function noSchedule(estate: Estate, job: string): UsageError {
  const { cron } = knownJob(estate, job);
  return cron === undefined
    ? new UsageError(`${job} has no schedule: it declares no cron`, {
        hint: `run it with \`fts run ${job}\``,
      })
    : new UsageError(`the schedule of ${job} is not in place`, { hint: 'see `fts schedules plan`' });
}
