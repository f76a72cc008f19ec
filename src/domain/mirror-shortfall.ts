import type { FailureType } from './failures.js';
import type { RunError } from './job.js';
import type { MirrorResult, Omitted } from './mirror.js';

/** What is no content, and is left out of every mirror. */
const EXPECTED: ReadonlySet<keyof Omitted> = new Set(['fifos', 'sockets']);

const WORDS: Record<keyof Omitted, string> = {
  fifos: 'FIFOs',
  sockets: 'sockets',
  devices: 'devices',
  notUtf8: 'with a name that is not UTF-8',
  collisions: 'with the name that rclone gives a link',
  tooLong: 'with a name that is too long for the remote',
  mounts: 'on which something else is mounted',
};

const KINDS = Object.keys(WORDS) as (keyof Omitted)[];

/** What a mirror lacks although all went well, as the error of a partial run; undefined if it lacks nothing. */
export function mirrorShortfall({
  unreadable,
  postponed,
  left,
  omitted,
}: MirrorResult): RunError | undefined {
  if (unreadable !== undefined) {
    const { count, first, report } = unreadable;
    const [example] = first;
    const named = example === undefined ? '' : `, such as ${example.path} (${example.message})`;
    return {
      type: 'FilesUnreadable' satisfies FailureType,
      message: `${files(count)} could not be read or changed while they were uploaded${named}; the mirror has the rest`,
      hint: `they are listed in ${report} on the host; the next run takes them`,
    };
  }
  if (postponed !== undefined) {
    return {
      type: 'SourceChanged' satisfies FailureType,
      message: `${postponed.join(', ')} was pruned while it was mirrored: its indexes, snapshots and deletions wait`,
      hint: 'the next run takes them',
    };
  }
  if (left !== undefined) {
    const named = left.first.map(({ path }) => path).slice(0, 3);
    return {
      type: 'FilesOmitted' satisfies FailureType,
      message: `${files(left.count)} of the remote could not be deleted, such as ${named.join(', ')}: rclone does not find what another program named so`,
      hint: 'delete them with the program that put them there',
    };
  }
  const lacking = KINDS.filter((kind) => !EXPECTED.has(kind) && (omitted[kind] ?? 0) > 0);
  if (lacking.length === 0) return undefined;
  const told = lacking.map((kind) => `${String(omitted[kind])} ${WORDS[kind]}`).join(', ');
  const all = lacking.reduce((sum, kind) => sum + (omitted[kind] ?? 0), 0);
  return {
    type: 'FilesOmitted' satisfies FailureType,
    message: `${files(all)} cannot be in the mirror: ${told}`,
    hint: 'rename or move them, or exclude them',
  };
}

const files = (count: number): string => `${String(count)} ${count === 1 ? 'file' : 'files'}`;
