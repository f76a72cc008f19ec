/** What a cron allows, as sets of numbers. Weekdays are 0 (Sunday) to 6. */
export interface CronFields {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
}

/** `problem` says what was expected instead, for a person. */
export type CronReading = { fields: CronFields } | { problem: string };

interface FieldRule {
  name: string;
  least: number;
  most: number;
  /** Names of the values from `least` on. */
  names?: readonly string[];
}

const MINUTE: FieldRule = { name: 'minute', least: 0, most: 59 };
const HOUR: FieldRule = { name: 'hour', least: 0, most: 23 };
const DAY: FieldRule = { name: 'day of the month', least: 1, most: 31 };
const MONTH: FieldRule = {
  name: 'month',
  least: 1,
  most: 12,
  names: 'january february march april may june july august september october november december'.split(' '),
};
/** 7 is Sunday too. */
const WEEKDAY: FieldRule = {
  name: 'day of the week',
  least: 0,
  most: 7,
  names: 'sunday monday tuesday wednesday thursday friday saturday'.split(' '),
};

const LONGEST_MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads five fields (minute, hour, day of the month, month, day of the week) as Temporal does: `*`, `a`, `a-b`,
 * `a-b/n`, `a/n` (from a to the end), `*` with `/n`, lists of these, English names. One that never fires is a problem.
 */
export function parseCron(text: string): CronReading {
  const parts = text.trim().split(/[ \t]+/);
  const [minute, hour, day, month, weekday] = parts;
  if (parts.length !== 5 || minute === undefined || hour === undefined || day === undefined)
    return fiveFields(text, parts);
  if (month === undefined || weekday === undefined) return fiveFields(text, parts);
  try {
    const fields: CronFields = {
      minutes: readField(minute, MINUTE),
      hours: readField(hour, HOUR),
      days: readField(day, DAY),
      months: readField(month, MONTH),
      weekdays: new Set([...readField(weekday, WEEKDAY)].map((number) => number % 7)),
    };
    return fires(fields) ? { fields } : { problem: `a cron that fires: no month ${month} has a day ${day}` };
  } catch (error) {
    if (error instanceof FieldProblem) return { problem: error.message };
    throw error;
  }
}

/** Whether any date matches. Every date meets every weekday within 400 years. */
export function fires({ minutes, hours, days, months, weekdays }: CronFields): boolean {
  if (minutes.size === 0 || hours.size === 0 || weekdays.size === 0) return false;
  const firstDay = Math.min(...days);
  return [...months].some((month) => firstDay <= (LONGEST_MONTH_DAYS[month - 1] ?? 0));
}

class FieldProblem extends Error {}

function fiveFields(text: string, parts: readonly string[]): CronReading {
  const five = 'five fields (minute, hour, day of the month, month, day of the week)';
  if (text.trim().startsWith('@')) return { problem: `${five}; @-names are not read` };
  return { problem: `${five}, not ${String(text.trim() === '' ? 0 : parts.length)}` };
}

function readField(text: string, rule: FieldRule): Set<number> {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', stepText, ...more] = part.split('/');
    const step = stepText === undefined ? 1 : wholeNumber(stepText);
    if (more.length > 0 || step === undefined || step < 1) {
      throw new FieldProblem(`a step of 1 or more in the ${rule.name} ("${part}")`);
    }
    const [from, to] = readRange(range, rule, stepText !== undefined);
    for (let number = from; number <= to; number += step) numbers.add(number);
  }
  return numbers;
}

function readRange(text: string, rule: FieldRule, stepped: boolean): [number, number] {
  if (text === '*') return [rule.least, rule.most];
  const [first = '', second, ...more] = text.split('-');
  if (more.length > 0) throw new FieldProblem(expectedValue(text, rule));
  const from = readValue(first, rule);
  if (second === undefined) return [from, stepped ? rule.most : from];
  const to = readValue(second, rule);
  if (to < from) throw new FieldProblem(`a ${rule.name} range that goes up, not "${text}"`);
  return [from, to];
}

function readValue(text: string, rule: FieldRule): number {
  const named = rule.names?.findIndex(
    (name) => name === text.toLowerCase() || name.slice(0, 3) === text.toLowerCase(),
  );
  const value = named !== undefined && named >= 0 ? named + rule.least : wholeNumber(text);
  if (value === undefined || value < rule.least || value > rule.most)
    throw new FieldProblem(expectedValue(text, rule));
  return value;
}

const wholeNumber = (text: string): number | undefined => (/^\d{1,4}$/.test(text) ? Number(text) : undefined);

const expectedValue = (text: string, { name, least, most, names }: FieldRule): string =>
  `a ${name} from ${String(least)} to ${String(most)}${names ? ' or its name' : ''}, not "${text}"`;
