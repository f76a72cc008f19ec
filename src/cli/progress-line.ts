import { type Progress, shareDone } from '../domain/progress.js';
import { formatDuration, formatSize } from '../domain/units.js';
import { formatCount, printableText } from './format.js';
import type { LiveStep } from './live-run.js';

const BAR_CELLS = 16;

/** What a step is doing, in one line without a bar: phase, bytes, speed, time left, files, what it waits for. */
export function progressText(
  { name, progress, started, attempt, nextAttemptAt }: LiveStep,
  now: number,
): string {
  const phase = printableText(progress?.phase ?? name);
  if (!started) {
    if (nextAttemptAt === undefined || nextAttemptAt.getTime() <= now)
      return `${phase} · waiting for the worker`;
    const wait = formatDuration((nextAttemptAt.getTime() - now) / 1000);
    return `${phase} · attempt ${String(attempt)} in ${wait}`;
  }
  return [phase, ...(progress === undefined ? [] : figures(progress))].join(' · ');
}

/** The same with a bar in front, where the share done is known; for one line of a terminal. */
export function progressBar(step: LiveStep, now: number): string {
  const share = step.started && step.progress !== undefined ? shareDone(step.progress) : undefined;
  const text = progressText(step, now);
  if (share === undefined) return text;
  const filled = Math.round(share * BAR_CELLS);
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${percent}  ${text}`;
}

function figures(progress: Progress): string[] {
  const { bytes, totalBytes, files, totalFiles, bytesPerSecond, etaSeconds, waiting } = progress;
  const parts: string[] = progress.name === undefined ? [] : [printableText(progress.name)];
  if (progress.totalParts !== undefined)
    parts.push(`${formatCount(progress.parts ?? 0)} of ${formatCount(progress.totalParts)} parts`);
  if (bytes !== undefined)
    parts.push(formatSize(bytes) + (totalBytes ? ` of ${formatSize(totalBytes)}` : ''));
  if (bytesPerSecond) parts.push(`${formatSize(bytesPerSecond)}/s`);
  if (etaSeconds) parts.push(`${formatDuration(etaSeconds)} left`);
  if (files !== undefined) {
    parts.push(`${formatCount(files)}${totalFiles ? ` of ${formatCount(totalFiles)}` : ''} files`);
  }
  if (waiting !== undefined) parts.push(printableText(waiting));
  return parts;
}
