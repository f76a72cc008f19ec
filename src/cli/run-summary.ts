import { z } from 'zod';
import { type Paint, type Style, paintFor } from './colour.js';
import { formatDuration, formatSize } from '../domain/units.js';
import { checkLines, checkText } from './check-summary.js';
import { formatCount, formatTime, plural, printableText } from './format.js';
import { drillLines, drillText } from './drill-summary.js';
import { graduationLines, graduationText } from './graduation-summary.js';
import { mirrorLines, mirrorText } from './mirror-summary.js';
import { deletedText, holdLines } from './hold-summary.js';
import { keptSourceLines } from './kept-sources.js';
import { printError, printLine } from './output.js';
import { rebuiltLines, rebuiltText } from './rebuild-summary.js';
import { recalledLines, recalledText } from './recall-summary.js';
import { restoredLines, restoredText } from './restore-summary.js';
import type { RunSubject, RunView } from './run-view.js';

/** Unreadable files that are named after a partial run; the rest is in the host's report. */
const NAMED_PROBLEMS = 10;

/** How an outcome is coloured for people. */
export const OUTCOME_STYLE: Record<NonNullable<RunView['outcome']>, Style> = {
  complete: 'green',
  partial: 'yellow',
  held: 'yellow',
  skipped: 'yellow',
  failed: 'red',
  cancelled: 'yellow',
};

const Problem = z.object({ path: z.string(), message: z.string() });

const SnapshotFigures = z.object({
  snapshotId: z.string(),
  files: z.object({ new: z.number(), changed: z.number(), unmodified: z.number() }),
  bytesAdded: z.number(),
  bytesProcessed: z.number(),
  forgotten: z.number(),
  keepChange: z.object({ removes: z.number(), from: z.string() }).optional(),
  pruned: z.enum(['done', 'gave-way']).optional(),
  unreadable: z.object({ count: z.number(), first: z.array(Problem), report: z.string() }).optional(),
});

/** What a run did, in a few words: `3 new, 1 changed · 12 MiB added`. Empty where nothing is known. */
export function movedText(result: unknown): string {
  const figures = SnapshotFigures.safeParse(result).data;
  if (figures === undefined) {
    const moved =
      graduationText(result) ??
      mirrorText(result) ??
      checkText(result) ??
      drillText(result) ??
      deletedText(result);
    return moved || recalledText(result) || restoredText(result) || rebuiltText(result);
  }
  const { files, bytesAdded } = figures;
  const changed = `${formatCount(files.new)} new, ${formatCount(files.changed)} changed`;
  return `${changed} · ${formatSize(bytesAdded)} added`;
}

/** The name of what a run is about. */
export function subjectName(subject: RunSubject): string {
  if ('project' in subject) return printableText(subject.project);
  if ('restore' in subject) return `restore ${subject.restore}`;
  return 'job' in subject ? subject.job : subject.volume;
}

/** Prints an ended run for people: the outcome on stdout, an error on stderr. */
export function printRun(run: RunView): void {
  const { outcome, startedAt, endedAt, error } = run;
  if (outcome === null) return;
  const paint = paintFor(process.stdout);
  const took =
    endedAt === null ? '' : ` in ${formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}`;
  printLine(`${subjectName(run)} ${paint(OUTCOME_STYLE[outcome], outcome)}${took}`);
  for (const line of resultLines(run.result, paint)) printLine(`  ${line}`);
  if (error !== undefined) printError({ ...error, message: `${error.type}: ${error.message}` });
}

const ProvisionFigures = z.object({
  mountpoint: z.string(),
  created: z.boolean(),
  directories: z.object({ made: z.array(z.string()), present: z.array(z.string()) }),
  notes: z.array(z.string()),
});

function resultLines(result: unknown, paint: Paint): string[] {
  const deleted = deletedText(result);
  return [
    ...snapshotLines(result, paint),
    ...provisionLines(result),
    ...(graduationLines(result)?.map(printableText) ??
      mirrorLines(result) ??
      checkLines(result) ??
      drillLines(result) ??
      (deleted === '' ? [] : [deleted])),
    ...holdLines(result),
    ...recalledLines(result),
    ...restoredLines(result),
    ...rebuiltLines(result),
    ...keptSourceLines(result),
  ];
}

function provisionLines(result: unknown): string[] {
  const done = ProvisionFigures.safeParse(result).data;
  if (done === undefined) return [];
  const { mountpoint, created, directories, notes } = done;
  const made = directories.made.length > 0 ? [`folders made: ${directories.made.join(', ')}`] : [];
  const sentinel = created ? 'its sentinel was written' : 'it was ready already';
  return [`${mountpoint}: ${sentinel}`, ...made, ...notes].map(printableText);
}

function snapshotLines(result: unknown, paint: Paint): string[] {
  const figures = SnapshotFigures.safeParse(result).data;
  if (figures === undefined) return [];
  const { snapshotId, files, bytesAdded, bytesProcessed, forgotten, keepChange, pruned, unreadable } =
    figures;
  const counts = `${formatCount(files.new)} new, ${formatCount(files.changed)} changed, ${plural(files.unmodified, 'unmodified file')}`;
  const lines = [
    `snapshot ${paint('cyan', printableText(snapshotId))}: ${counts}`,
    `${formatSize(bytesAdded)} added of ${formatSize(bytesProcessed)} read`,
  ];
  if (forgotten > 0) lines.push(`${plural(forgotten, 'old snapshot')} forgotten`);
  if (keepChange !== undefined) {
    const when = formatTime(new Date(keepChange.from));
    lines.push(
      `\`keep\` was changed: ${plural(keepChange.removes, 'snapshot')} more will go from ${when} on`,
    );
  }
  if (pruned === 'done') lines.push('data that no snapshot needs any more was removed');
  if (pruned === 'gave-way') lines.push('pruning gave way to another run, and is tried again');
  if (unreadable !== undefined) {
    lines.push(`${plural(unreadable.count, 'file')} could not be read:`);
    for (const { path, message } of unreadable.first.slice(0, NAMED_PROBLEMS)) {
      lines.push(`  ${printableText(path)}: ${printableText(message)}`);
    }
    lines.push(`all of them: ${printableText(unreadable.report)}`);
  }
  return lines;
}
