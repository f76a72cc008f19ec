import type { MirrorSource, RepositorySource, VolumeRebuild } from '../domain/rebuild.js';
import { formatDuration, formatSize } from '../domain/units.js';
import { paintFor } from './colour.js';
import { formatTime, plural, printableText } from './format.js';

/** A volume's plan for people: what each source has, and what would be gone. */
export function rebuildText(plan: VolumeRebuild, timeZone: string): string {
  const paint = paintFor(process.stdout);
  const time = (moment: string): string => formatTime(new Date(moment), { timeZone });
  const sources = [
    ...plan.repositories.map((source) => [source.repository, repositoryLine(source, time)]),
    ...plan.mirrors.map((source) => [source.remote, mirrorLine(source, time)]),
  ];
  const rows = [...sources, ['gone', goneLine(plan, time)]];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const head = `${paint('bold', plan.volume)} on ${plan.host} (${plan.mountpoint}), if its drive is lost`;
  return [
    head,
    ...rows.map(([name = '', text = '']) => `  ${name.padEnd(width)}  ${printableText(text)}`),
  ].join('\n');
}

const ago = (seconds: number | null): string => (seconds === null ? '' : ` (${formatDuration(seconds)} ago)`);

function repositoryLine(source: RepositorySource, time: (moment: string) => string): string {
  const { problem, from, until, partialUntil, only, without, volume, restoreSeconds } = source;
  const where = volume === null ? '' : ` on the volume ${volume}`;
  if (problem) return `repository${where}: not known, ${problem.message}`;
  if (from === null || until === null)
    return `repository${where}: no complete snapshot${partialUntil === null ? '' : `, a partial one of ${time(partialUntil)}`}`;
  return [
    `repository${where}: ${time(from)} to ${time(until)}${ago(source.ageSeconds)}, ${plural(source.snapshots, 'snapshot')}`,
    ...(source.bytes === null ? [] : [formatSize(source.bytes)]),
    ...(restoreSeconds === null ? [] : [`back in ${formatDuration(restoreSeconds)} as last measured`]),
    ...(partialUntil === null ? [] : [`a partial one of ${time(partialUntil)}`]),
    ...(only === null ? [] : [`only ${only.join(', ')}`]),
    ...withoutText(without),
    ...(source.lostToo ? ['LOST TOO: it lies on the same disk'] : []),
  ].join('; ');
}

function mirrorLine(
  { job, until, ageSeconds, without, problem }: MirrorSource,
  time: (moment: string) => string,
): string {
  if (problem) return `mirror: not known, ${problem.message}`;
  if (until === null) return `mirror: none yet, ${job} was never complete`;
  return [`mirror: as of ${time(until)}${ago(ageSeconds)}`, ...withoutText(without)].join('; ');
}

function withoutText({ paths, patterns }: RepositorySource['without']): string[] {
  const names = [...paths, ...patterns];
  return names.length > 0 ? [`without ${names.join(', ')}`] : [];
}

function goneLine(
  { gone, repositories, mirrors, holds }: VolumeRebuild,
  time: (moment: string) => string,
): string {
  const { all, writtenSince, without } = gone;
  const isSaved = repositories.length + mirrors.length > 0;
  const names = [...without.paths, ...without.patterns];
  return [
    all ? `all of it: ${isSaved ? 'nothing is known to have it' : 'no job saves it'}` : '',
    writtenSince === null ? '' : `what was written since ${time(writtenSince)}`,
    names.length > 0 ? `${names.join(', ')}, which no job saves` : '',
    ...gone.repositories.map((name) => `the repository ${name} on it`),
    gone.repositories.length === 0 && holds.length > 0
      ? `not ${holds.join(', ')} on it: the mirror has a copy`
      : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
}
