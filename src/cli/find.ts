import { FtsError } from '../domain/failures.js';
import { type Found, FoundVersions } from '../domain/found-versions.js';
import { ExitCode } from '../domain/outcome.js';
import { formatSize } from '../domain/units.js';
import { mirrorsOf } from '../estate/saved-by.js';
import { findInMirror } from './find-in-mirror.js';
import { findInSnapshots } from './find-in-snapshots.js';
import { findPattern } from './find-pattern.js';
import { formatCount, formatTime, plural } from './format.js';
import { unknownName } from './known-name.js';
import { type LookProblem, type Looking, lookIntoAll, openLooking, requireHere } from './looking.js';
import { note, printJson, printLine } from './output.js';

export interface FindOptions {
  estate?: string;
  json: boolean;
  pattern: string;
  repository?: string | undefined;
  remote?: string | undefined;
  ignoreCase: boolean;
  /** So many files are listed at most. */
  limit?: number | undefined;
}

/** Files that a person gets without asking for more, and that are kept in memory whatever is asked. */
const LIMIT = { people: 50, programs: 10_000 };

/** `fts find`: the distinct versions of files, in all repositories and mirrors of this host. */
export async function find(options: FindOptions): Promise<number> {
  const looking = await openLooking(options.estate);
  const { estate } = looking.loaded;
  const { ignoreCase } = options;
  const pattern = findPattern(options.pattern, { ignoreCase, volumes: Object.keys(estate.volumes) });
  const limit = options.limit ?? LIMIT.programs;
  const found = new FoundVersions(limit);
  const only = options.repository ?? options.remote;
  const repositories =
    only === undefined ? Object.keys(estate.repositories) : [options.repository ?? []].flat();
  const broken: LookProblem[] = [];
  const [inSnapshots, inMirrors] = await Promise.all([
    lookIntoAll(looking, repositories, (repository) =>
      findInSnapshots(looking, repository, { pattern, ignoreCase, limit }, found, broken),
    ),
    inAllMirrors(looking, options, (mirror) => findInMirror(looking, mirror, pattern, found)),
  ]);
  const problems = [...inSnapshots.problems, ...broken, ...inMirrors.problems];
  if (inSnapshots.failure && inMirrors.searched === 0) throw inSnapshots.failure;
  const files = found.files();
  const exitCode = problems.length > 0 ? ExitCode.unhealthy : ExitCode.complete;
  if (options.json) {
    printJson({
      matches: files,
      counts: { matches: files.length },
      ...(found.omitted > 0 && { omitted: found.omitted }),
      ...(problems.length > 0 && { problems }),
    });
    return exitCode;
  }
  if (files.length === 0) {
    note(`Nothing is called ${JSON.stringify(options.pattern)} in any snapshot or mirror that was searched.`);
    return exitCode;
  }
  const listed = files.slice(0, options.limit ?? LIMIT.people);
  for (const file of listed) printFile(file, estate.timezone);
  const more = files.length - listed.length;
  note(
    [
      plural(files.length, 'file'),
      ...(more > 0 ? [`${formatCount(more)} of them not listed (--limit)`] : []),
      ...(found.omitted > 0
        ? [
            `and there are more: ${plural(found.omitted, 'further match').replace(/matchs$/, 'matches')} left out`,
          ]
        : []),
    ].join(', '),
  );
  return exitCode;
}

function printFile({ path, versions }: Found, timeZone: string): void {
  const shownTime = (time: string): string => formatTime(new Date(time), { seconds: true, timeZone });
  printLine(path);
  for (const version of versions) {
    const { modified, size, type, snapshots, hidden, hiddenAt } = version;
    const where = 'repository' in version ? version.repository : version.remote;
    const [newest = ''] = snapshots;
    const how =
      'repository' in version
        ? `${plural(snapshots.length, 'snapshot')}, the newest ${newest.slice(0, 8)}`
        : hidden === true
          ? `hidden: deleted or overwritten ${hiddenAt === undefined ? 'since' : shownTime(hiddenAt)}`
          : 'there now';
    const time = modified === '' ? '-' : shownTime(modified);
    const what = type === 'file' ? formatSize(size) : type;
    printLine(`  ${time}  ${what.padStart(9)}  ${where}: ${how}`);
  }
}

/** Looks into the mirrors of this host; of one that fails the others are none the worse. */
async function inAllMirrors(
  looking: Looking,
  { repository, remote }: Pick<FindOptions, 'repository' | 'remote'>,
  look: (mirror: { volume: string; remote: string }) => Promise<void>,
): Promise<{ searched: number; problems: LookProblem[] }> {
  const { estate } = looking.loaded;
  if (repository !== undefined && remote === undefined) return { searched: 0, problems: [] };
  const mirrors = mirrorsOf(estate).filter((mirror) => remote === undefined || mirror.remote === remote);
  if (remote !== undefined && mirrors.length === 0) {
    const names = mirrorsOf(estate).map((mirror) => mirror.remote);
    throw unknownName(
      'mirror on a remote',
      remote,
      names,
      'a remote is searched to which a job mirrors a volume',
    );
  }
  const problems: LookProblem[] = [];
  let searched = 0;
  await Promise.all(
    mirrors.map(async (mirror) => {
      const host = estate.volumes[mirror.volume]?.host ?? '';
      if (remote !== undefined) requireHere(looking, `remote ${remote}`, host);
      if (!looking.here.has(host)) {
        note(`remote ${mirror.remote} is left out: ${host} looks after it; run it there`);
        return;
      }
      try {
        await look(mirror);
        searched += 1;
      } catch (error) {
        if (!(error instanceof FtsError)) throw error;
        if (remote !== undefined) throw error;
        const { type, message, hint } = error;
        note(`left out: ${message}`);
        problems.push({ remote: mirror.remote, type, message, ...(hint !== undefined && { hint }) });
      }
    }),
  );
  return { searched, problems };
}
