import { ExitCode } from '../domain/outcome.js';
import { type HeldSnapshot, isPartial, timeOf } from '../domain/snapshot.js';
import { formatSize } from '../domain/units.js';
import { formatTime, plural } from './format.js';
import { type LookProblem, lookIntoAll, openLooking, shown, snapshotsOf } from './looking.js';
import { note, printJson, printLine } from './output.js';
import { table } from './table.js';

export interface SnapshotsOptions {
  estate?: string;
  json: boolean;
  repository?: string | undefined;
  /** So many are listed at most; undefined: all. */
  limit?: number | undefined;
}

/** `fts snapshots`: what the repositories of this host hold, the newest first. */
export async function snapshots({
  estate: file,
  json,
  repository,
  limit,
}: SnapshotsOptions): Promise<number> {
  const looking = await openLooking(file);
  const { estate } = looking.loaded;
  const names = repository === undefined ? Object.keys(estate.repositories) : [repository];
  const broken: LookProblem[] = [];
  const looks = await lookIntoAll(looking, names, (opened) => snapshotsOf(opened, broken));
  const { answers, failure } = looks;
  if (failure) throw failure;
  const problems = [...looks.problems, ...broken];
  const all = answers
    .flatMap(({ name, answer }) => answer.map((snapshot): HeldSnapshot => ({ repository: name, snapshot })))
    .sort((one, other) => timeOf(other) - timeOf(one));
  const listed = all.slice(0, limit ?? all.length);
  const exitCode = problems.length > 0 ? ExitCode.unhealthy : ExitCode.complete;
  if (json) {
    printJson({
      snapshots: listed.map((held) => ({ repository: held.repository, ...viewOf(held) })),
      counts: { snapshots: all.length },
      ...(problems.length > 0 && { problems }),
    });
    return exitCode;
  }
  if (all.length === 0) {
    note(answers.length === 0 ? 'There is no repository to look into.' : 'There are no snapshots.');
    return exitCode;
  }
  printLine(
    table(
      ['REPOSITORY', 'ID', 'TIME', 'HOST', 'SIZE', 'PATHS'],
      listed.map((held) => row(held, estate.timezone)),
    ),
  );
  const more = all.length - listed.length;
  note(
    `\n${plural(all.length, 'snapshot')}${more > 0 ? `, ${plural(more, 'older one')} not listed` : ''}. Times are of ${estate.timezone}.`,
  );
  return exitCode;
}

/** A snapshot for programs. */
export const viewOf = ({ snapshot }: HeldSnapshot) => ({
  ...snapshot,
  ...(isPartial(snapshot) && { partial: true }),
});

function row({ repository, snapshot }: HeldSnapshot, timeZone: string): string[] {
  const size = snapshot.summary?.totalBytesProcessed;
  return [
    ...[repository, snapshot.shortId],
    formatTime(new Date(snapshot.time), { seconds: true, timeZone }),
    shown(snapshot.hostname),
    size === undefined ? '-' : formatSize(size),
    `${isPartial(snapshot) ? '(partial) ' : ''}${snapshot.paths.map(shown).join(' ')}`,
  ];
}
