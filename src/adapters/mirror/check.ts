import { writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { NamedProblem } from '../../domain/job.js';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { withCheckFolder } from '../check-folder.js';
import { type PlannedMirror, expectedFiles } from './expected.js';
import { NameList, mirrorFiles, readPlan } from './files.js';
import type { ListedFile } from './listing.js';
import { bytesOf, namesIn } from './lists.js';
import { type MirrorPlace, listingOption, presentInSource } from './place.js';
import { isOfOneObject, meaningOfRclone } from '../rclone-failure.js';
import { type RcloneRemote, identityOf } from '../rclone-remote.js';
import { type RcloneProgress, runRclone } from '../rclone.js';
import { isErrno, type State } from '../state.js';

export interface MirrorCheckCall {
  /** Name of the check job, and of the mirror's. */
  job: string;
  mirror: string;
  /** The mirror's last run that ended and carried out its plan, by the host's record. */
  runId: string | undefined;
  /** Restic repositories that its upload left for the next run; undefined for a run without one. */
  postponed: readonly string[] | undefined;
  remote: RcloneRemote;
  /** Root of the volume. */
  root: string;
  groups: readonly number[];
  signal: AbortSignal;
  tell: (progress: RcloneProgress) => void;
}

export interface MirrorFindings {
  /** A run of the mirror is at work, or broke off, that found nothing there: there is nothing that could be compared. */
  isBeingFilled?: true;
  compared: { files: number; bytes: number };
  /** Changed or gone since the mirror's run. */
  changed: number;
  errors: number;
  /** The first of them. */
  first: NamedProblem[];
}

/** So many errors are named, and so much is said of each (characters). */
const NAMED = 25;
const LONGEST_MESSAGE = 200;

/** What a host does to check a mirror, for its activity. */
export const createMirrorCheck = (state: State) => ({
  identityOf,
  check: (call: MirrorCheckCall) => checkPart(state, call),
});
export type MirrorCheck = ReturnType<typeof createMirrorCheck>;

/**
 * Reads one part of what a mirror holds back from there, byte for byte, and compares it with the volume. Files that are
 * not as the mirror's last run listed them are no errors. Holds no lock, so that the mirror can run meanwhile, of which only
 * what its plan leaves alone is compared then; changes nothing; safe to retry. Fails with `Busy` while the mirror plans, and
 * with `NothingToVerify` when what is due was not compared, or no run ever planned.
 */
const checkPart = (state: State, call: MirrorCheckCall): Promise<MirrorFindings> =>
  withCheckFolder(state, call.job, async (folder) => {
    const { mirror, remote, root, signal, tell } = call;
    const { due, list, total, carriedOut } = await listDue(state, call, folder);
    if (due.size === 0) return { ...NOTHING, ...(!carriedOut && total === 0 && { isBeingFilled: true }) };
    const place: MirrorPlace = {
      ...{ remote, root, signal, total, filter: [] },
      files: { ...mirrorFiles(state, mirror), folder },
    };
    const { marks, said } = await compare(place, due, list, tell);
    return judge(place, due, marks, said);
  });

const NOTHING: MirrorFindings = { compared: { files: 0, bytes: 0 }, changed: 0, errors: 0, first: [] };

/** What the remote holds of this part, by the mirror's last plan: its lists are replaced when the mirror plans anew. */
async function listDue(state: State, { mirror, runId, postponed, groups }: MirrorCheckCall, folder: string) {
  const plan = await readPlan(state, mirror);
  if (plan === undefined) throw runId === undefined ? neverPlanned(mirror) : planning(mirror);
  const isStillThat = async (): Promise<boolean> => (await readPlan(state, mirror))?.runId === plan.runId;
  const carriedOut = plan.runId === runId;
  const planned: PlannedMirror = {
    ...{ files: mirrorFiles(state, mirror), plan, carriedOut },
    postponed: (carriedOut ? postponed : undefined) ?? plan.postponed ?? [],
  };
  const wanted = new Set(groups);
  const due = new Map<string, ListedFile>();
  const list = join(folder, 'due.txt');
  const names = new NameList(list);
  try {
    for await (const file of expectedFiles(planned)) {
      if (!wanted.has(groupOf(file.name))) continue;
      due.set(file.name, file);
      names.add(file.name);
    }
  } catch (error) {
    if (!(await isStillThat()) || isErrno(error, 'ENOENT')) throw planning(mirror);
    throw error;
  } finally {
    names.close();
  }
  if (!(await isStillThat())) throw planning(mirror);
  return { due, list, total: plan.remote.files, carriedOut };
}

const planning = (mirror: string): FtsError =>
  new FtsError('Busy', `mirror ${mirror} looks what there is to do: what it holds is known then`);

const neverPlanned = (mirror: string): FtsError =>
  new FtsError(
    'NothingToVerify',
    `no run of mirror ${mirror} got so far that it is known what the remote holds: there is nothing to compare`,
    `run it with \`fts run ${mirror}\``,
  );

/** A name's group, for ever: the first byte of the SHA-256 of its bytes. */
const groupOf = (name: string): number =>
  createHash('sha256').update(Buffer.from(name, 'latin1')).digest().readUInt8(0);

/** What rclone says of each name: `=` the same, `*` another content, `+` not in the remote, `!` could not be compared. */
async function compare(
  { remote, root, total, signal, files }: MirrorPlace,
  due: ReadonlyMap<string, ListedFile>,
  list: string,
  tell: MirrorCheckCall['tell'],
) {
  const answer = join(files.folder, 'compared.txt');
  await writeFile(answer, '', { mode: 0o600 }); // rclone itself would let others read it
  const said = new Map<string, string>();
  await runRclone(remote, {
    args: [
      ...['check', '.', remote.root, '--download', '--one-way', '--files-from-raw', list],
      ...['--combined', answer, ...(await listingOption(due.keys(), total))],
    ],
    directory: root,
    signal,
    locked: false,
    mayDiffer: true,
    onProgress: tell,
    onProblem: ({ object, message }) => {
      if (object !== undefined) said.set(bytesOf(object), message);
    },
  });
  const marks = new Map<string, string>();
  for await (const line of namesIn(answer)) marks.set(line.slice(2), line.slice(0, 1));
  return { marks, said };
}

async function judge(
  place: MirrorPlace,
  due: ReadonlyMap<string, ListedFile>,
  marks: ReadonlyMap<string, string>,
  said: ReadonlyMap<string, string>,
): Promise<MirrorFindings> {
  const open = [...due.keys()].filter((name) => marks.get(name) !== '=');
  const now = open.length === 0 ? new Map<string, ListedFile>() : await presentInSource(place, open);
  const findings = structuredClone(NOTHING);
  const missed: string[] = [];
  for (const [name, { size, mtime }] of due) {
    const mark = marks.get(name);
    const found = now.get(name);
    if (mark === '=') {
      findings.compared.files += 1;
      findings.compared.bytes += size;
    } else if (found?.size !== size || found.mtime !== mtime || isUnreadable(said.get(name))) {
      findings.changed += 1;
    } else if (mark === undefined) {
      missed.push(name);
    } else {
      const message = mark === '+' ? 'is not in the remote' : (said.get(name) ?? 'the contents differ');
      if (mark === '!') refuseOutage(place.remote, name, message);
      findings.errors += 1;
      if (findings.first.length < NAMED)
        findings.first.push({ ...printable(name), message: message.slice(0, LONGEST_MESSAGE) });
    }
  }
  const [first] = missed;
  if (first !== undefined) {
    const what = `${String(missed.length)} files were not compared with remote ${place.remote.name}`;
    throw new FtsError('NothingToVerify', `${what}, such as ${printable(first).path}`);
  }
  return findings;
}

/** A file that may no longer be read here can be compared with nothing. */
const isUnreadable = (message: string | undefined): boolean =>
  message !== undefined && meaningOfRclone(message) === 'PermissionDenied';

/** A remote that does not answer says nothing about the mirror. */
function refuseOutage(remote: RcloneRemote, name: string, message: string): void {
  if (isOfOneObject({ object: Buffer.from(name, 'latin1').toString(), message })) return;
  const type = meaningOfRclone(message) ?? 'ToolFailed';
  throw new FtsError(
    type,
    `${printable(name).path} could not be compared with remote ${remote.name}: ${message}`,
  );
}

const printable = (name: string) => printableName(Buffer.from(name, 'latin1'));
