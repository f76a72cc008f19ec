import { type CronFields, fires, parseCron } from '../cron-fields.js';
import type { Rule } from './rule.js';
import { writers } from './sources.js';

/** Warns of two jobs that write one repository at the same minute: the second waits for the first. */
export const sameMinute: Rule = ({ draft, warn }) => {
  const earlier = new Map<string, { job: string; fields: CronFields; masks: Masks }[]>();
  for (const [job, { repository, cron }] of writers(draft.jobs)) {
    const reading = cron === undefined ? undefined : parseCron(cron);
    if (repository === undefined || !reading || 'problem' in reading) continue;
    const { fields } = reading;
    const masks = masksOf(fields);
    const others = earlier.get(repository) ?? [];
    earlier.set(repository, others);
    const other = others.find((one) => meet(one.masks, masks) && fires(shared(one.fields, fields)));
    if (other) {
      const what = `writes repository "${repository}" at the same minute as job "${other.job}"`;
      warn(['jobs', job, 'cron'], `${what}: one waits for the other`);
    }
    others.push({ job, fields, masks });
  }
};

/** The sets of a cron as bits, at most 31 in each, so that thousands of crons can be compared. */
type Masks = readonly number[];

const masksOf = ({ minutes, hours, days, months, weekdays }: CronFields): Masks =>
  [
    minutes,
    new Set([...minutes].map((minute) => minute - 30)),
    hours,
    new Set([...days].map((day) => day - 1)),
    months,
    weekdays,
  ].map((numbers) =>
    [...numbers]
      .filter((number) => number >= 0 && number < 31)
      .reduce((mask, number) => mask | (1 << number), 0),
  );

/** The minutes are two masks, of which one has to meet. */
const meet = (a: Masks, b: Masks): boolean =>
  a.every((mask, index) => index < 2 || (mask & (b[index] ?? 0)) !== 0) &&
  (((a[0] ?? 0) & (b[0] ?? 0)) | ((a[1] ?? 0) & (b[1] ?? 0))) !== 0;

/** What both allow. */
const shared = (a: CronFields, b: CronFields): CronFields => ({
  minutes: both(a.minutes, b.minutes),
  hours: both(a.hours, b.hours),
  days: both(a.days, b.days),
  months: both(a.months, b.months),
  weekdays: both(a.weekdays, b.weekdays),
});

const both = (a: ReadonlySet<number>, b: ReadonlySet<number>): Set<number> =>
  new Set([...a].filter((number) => b.has(number)));
