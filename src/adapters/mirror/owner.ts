import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../domain/declaration.js';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { type ListedFile, OWNER, told } from './listing.js';
import type { MirrorPlace } from './place.js';
import { RCLONE_HINTS, type RcloneProblem, meaningOfRclone } from '../rclone-failure.js';
import { type RcloneRemote, identityOf } from '../rclone-remote.js';
import { runRclone } from '../rclone.js';

/** Whose mirror a remote is. The names are those of the estate file. */
export interface MirrorOwner {
  estate: string;
  host: string;
  volume: string;
}

const Owner = z.object({ estate: z.string(), host: z.string(), volume: z.string() });

/** No mark is longer (bytes). */
const LONGEST = 4096;

const contentOf = (owner: MirrorOwner): string => `${canonicalJson(owner)}\n`;

/** A short name of a remote, wherever its secrets come from, and of the mirror that it is. */
export const placeOf = ({ remote, owner }: Pick<OwnedPlace, 'remote' | 'owner'>): string =>
  createHash('sha256')
    .update(canonicalJson([identityOf(remote), owner]))
    .digest('hex')
    .slice(0, 16);

/** What the steps of a run need to know of the owner. */
export type OwnedPlace = Pick<MirrorPlace, 'remote' | 'files' | 'signal'> & { owner: MirrorOwner };

/**
 * Whether a remote says that it is this mirror, by what a listing has of the mark. False where there is no mark, as in a
 * bucket that plain rclone filled: it becomes this mirror's (`claim`). Fails with `RemoteTaken` for another's.
 */
export async function isOwn(place: OwnedPlace, listed: ListedFile | undefined): Promise<boolean> {
  if (listed === undefined) return false;
  const sha1 = createHash('sha1').update(contentOf(place.owner)).digest('hex');
  if (listed.sha1 !== sha1) await requireOwn(place);
  return true;
}

/**
 * Puts the mark where there is none, and makes sure of it: of two that claim a remote at once, the one whose mark is not
 * there fails with `RemoteTaken`. Safe to repeat: a mark that is there stays.
 */
export async function claim(place: OwnedPlace): Promise<void> {
  const { remote, files, signal, owner } = place;
  const file = join(files.folder, 'owner.json');
  await writeFile(file, contentOf(owner), { mode: 0o600 });
  const problems: RcloneProblem[] = [];
  await runRclone(remote, {
    args: ['copyto', file, `${remote.root}/${OWNER}`, '--ignore-existing'],
    signal,
    onProblem: (problem) => problems.push(problem),
  });
  const [problem] = problems;
  if (problem !== undefined) {
    const type = meaningOfRclone(problem.message) ?? 'ToolFailed';
    const said = `remote ${remote.name}: its mark ${OWNER} cannot be written: ${told(problem)}`;
    throw new FtsError(type, said, RCLONE_HINTS[type]);
  }
  await requireOwn(place);
}

/** Fails with `RemoteTaken` unless the remote says at this moment that it is this mirror. */
export async function requireOwn({ remote, signal, owner }: OwnedPlace): Promise<void> {
  const text = await readMark(remote, signal);
  const found = markOf(text);
  if (found && contentOf(found) === contentOf(owner)) return;
  const whose = found
    ? `the mirror of volume ${shown(found.volume)} of host ${shown(found.host)} in estate ${shown(found.estate)}`
    : text === undefined
      ? 'nobody’s any more: its mark was removed'
      : 'marked as somebody’s, in a way that cannot be read';
  throw new FtsError(
    'RemoteTaken',
    `remote ${remote.name} is ${whose}, not that of volume ${owner.volume} of host ${owner.host} in estate ${owner.estate}`,
    `give the remote a path of its own; or, if the other mirror has ended, delete ${OWNER} in it and run the job again`,
  );
}

/** Undefined if there is none. */
async function readMark(remote: RcloneRemote, signal: AbortSignal): Promise<string | undefined> {
  const lines: string[] = [];
  const problems: RcloneProblem[] = [];
  try {
    await runRclone(remote, {
      args: ['cat', `${remote.root}/${OWNER}`, '--count', String(LONGEST)],
      signal,
      locked: false,
      onStdout: (line) => lines.push(line),
      onProblem: (problem) => problems.push(problem),
    });
  } catch (error) {
    if (error instanceof FtsError && error.type === 'PathMissing') return undefined;
    throw error;
  }
  const [problem] = problems;
  if (problem === undefined) return lines.join('\n');
  throw new FtsError(
    meaningOfRclone(problem.message) ?? 'ToolFailed',
    `remote ${remote.name}: ${told(problem)}`,
  );
}

function markOf(text: string | undefined): MirrorOwner | undefined {
  try {
    return Owner.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Somebody else's text, for a message. */
const shown = (name: string): string => printableName(name.slice(0, 100)).path;
