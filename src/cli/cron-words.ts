const WEEKDAYS = [
  'Sundays',
  'Mondays',
  'Tuesdays',
  'Wednesdays',
  'Thursdays',
  'Fridays',
  'Saturdays',
  'Sundays',
];

/** A cron in words, where it is one of the usual ones; otherwise the cron itself. */
export function cronInWords(cron: string): string {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron.trim().split(/\s+/);
  if (month !== '*' || !isNumber(minute)) return everyMinutes(cron) ?? cron;
  if (hour === '*' && day === '*' && weekday === '*') return `hourly at :${two(minute)}`;
  if (!isNumber(hour)) return cron;
  const time = `at ${two(hour)}:${two(minute)}`;
  if (day === '*' && weekday === '*') return `daily ${time}`;
  if (day === '*' && isNumber(weekday)) return `${WEEKDAYS[Number(weekday)] ?? ''} ${time}`;
  if (isNumber(day) && weekday === '*') return `monthly on day ${day} ${time}`;
  return cron;
}

function everyMinutes(cron: string): string | undefined {
  const step = /^\*(?:\/(\d+))? \* \* \* \*$/.exec(cron.trim().replaceAll(/\s+/g, ' '));
  if (step === null) return undefined;
  return step[1] === undefined ? 'every minute' : `every ${step[1]} minutes`;
}

const isNumber = (field: string): boolean => /^\d+$/.test(field);
const two = (field: string): string => field.padStart(2, '0');
