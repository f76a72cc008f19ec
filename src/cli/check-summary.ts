import { z } from 'zod';
import type { EndedRun } from '../domain/job-record.js';
import { formatSize } from '../domain/units.js';
import { formatCount, plural, printableText } from './format.js';

/** Errors that are named after a check. */
const NAMED_ERRORS = 10;

const Covered = z.object({ share: z.number(), sinceDays: z.number().nullable() });
type Covered = z.infer<typeof Covered>;

const CheckFigures = z.object({
  subset: z.string(),
  covered: Covered,
  errors: z.number(),
  first: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  compared: z.object({ files: z.number(), bytes: z.number() }).optional(),
  changed: z.number().optional(),
  notYet: z.string().optional(),
});

const DAY_MS = 86_400_000;

/** How much a check has read by now, by the last of its runs that says so: time goes by since. Null where none does. */
export function coverageNow(runs: readonly (EndedRun | undefined)[], now: number): Covered | null {
  for (const run of runs) {
    const covered = CheckFigures.safeParse(run?.result).data?.covered;
    if (run === undefined || covered === undefined) continue;
    const { share, sinceDays } = covered;
    const since = Math.max(0, now - Date.parse(run.endedAt)) / DAY_MS;
    return { share, sinceDays: sinceDays === null ? null : Math.round((sinceDays + since) * 100) / 100 };
  }
  return null;
}

/** `all data read within 27 days`, once everything was. */
export function coverageText({ share, sinceDays }: Covered): string {
  if (sinceDays === null) return 'no data read yet';
  const what = share === 1 ? 'all data' : `${String(Math.floor(share * 100))}% of the data`;
  return `${what} read within ${plural(Math.max(1, Math.ceil(sinceDays)), 'day')}`;
}

/** What a check found, in a few words; undefined for any other result. */
export function checkText(result: unknown): string | undefined {
  const figures = CheckFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const found = figures.errors > 0 ? [plural(figures.errors, 'error')] : [];
  return [...found, coverageText(figures.covered)].join(' · ');
}

/** What a check found, for people; undefined for any other result. */
export function checkLines(result: unknown): string[] | undefined {
  const figures = CheckFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const { subset, covered, errors, first = [], compared, changed, notYet } = figures;
  if (notYet !== undefined) return [notYet].map(printableText);
  const what =
    compared === undefined
      ? ''
      : `: ${plural(compared.files, 'file')} compared byte for byte, ${formatSize(compared.bytes)}`;
  const lines = [`part ${subset} read${what}`, coverageText(covered)];
  if (changed !== undefined)
    lines.push(`${formatCount(changed)} changed since the mirror's last run and were left out`);
  if (errors > 0) lines.push(`${plural(errors, 'error')}:`);
  for (const { path, message } of first.slice(0, NAMED_ERRORS)) lines.push(`  ${path}: ${message}`);
  return lines.map(printableText);
}
