import { randomUUID } from 'node:crypto';
import { FtsError } from '../../domain/failures.js';
import type { FolderIdentity, Move } from '../../domain/graduation.js';
import { printableName } from '../../domain/names.js';
import { type GraduationContext, proceed } from './context.js';
import { hideSource, type MoveEnd } from './hide.js';
import { placesOf } from './places.js';
import { CHANGED, forget } from './withdraw.js';
import { startComparison } from '../project/compare.js';
import { copyProject, syncFilesystem } from '../project/copy.js';
import { inFolder, scanPlace } from '../project/look.js';
import { folderAt, pathOf, type Place, renameFolder } from '../project/rename.js';
import { type ProjectScan, scanProject } from '../project/scan.js';
import { projectFailure } from '../project/tool.js';
import { isErrno } from '../state.js';

/** A cold project as it was found. */
export interface ColdProject {
  name: Buffer;
  folder: FolderIdentity;
  scan: ProjectScan;
}

/** Where a project goes. */
export interface Route {
  /** `volume/path`. */
  from: string;
  to: string;
  /** Name at the destination. */
  destination: Buffer;
  /** It is brought back. */
  recall?: true;
}

/** A copy in staging, whole but neither durable nor verified yet. */
export interface Copied {
  move: Move;
  source: Place;
  staging: Place;
}

/**
 * Moves one project: copy to staging, make durable and verify, publish by rename, hide the source. Safe to repeat after
 * `settle`.
 *
 * The process may die on any line. Up to the journal's `publishing`, there is at most something in staging, which the
 * next run removes. Then the verified and durable copy is in staging or, by one rename, at its destination; the source
 * is whole at its place until `hideSource` renames it.
 */
export async function moveProject(
  context: GraduationContext,
  project: ColdProject,
  route: Route,
): Promise<MoveEnd> {
  const copied = await copyToStaging(context, project, route);
  return 'kept' in copied ? copied : publishCopy(context, copied, route.destination);
}

/** The first half of a move, with which the disks have most to do: after it, the project is copied. */
export async function copyToStaging(
  context: GraduationContext,
  { name, folder, scan }: ColdProject,
  route: Route,
): Promise<Copied | { kept: string }> {
  const { loaded, signal, onStep } = context;
  const { files, bytes, contents, likeness } = scan;
  const begun: Move = {
    id: randomUUID(),
    from: route.from,
    to: route.to,
    project: name.toString('hex'),
    source: folder,
    ...{ contents, likeness, files, bytes },
    step: 'copying',
    ...(route.recall && { recall: route.recall, run: context.run }),
  };
  const move = await proceed(context, begun, { step: 'copying' });
  const { source, staging } = await placesOf(loaded, move);
  const copied: Copied = { move, source, staging };
  return orForgotten(context, copied, async () => {
    const onWritten = (written: number): void => {
      context.tell({ phase: 'copy', bytes: Math.min(written, bytes), totalBytes: bytes });
    };
    onWritten(0);
    const copyPath = pathOf(staging).toString();
    await inFolder(pathOf(source), (open) => copyProject(open, copyPath, { signal, onWritten }));
    await onStep('copied');
    return copied;
  });
}

/** The second half: makes the copy durable, verifies it, publishes it as `destination`, and hides the source. */
export async function publishCopy(
  context: GraduationContext,
  copied: Copied,
  destination: Buffer,
): Promise<MoveEnd> {
  const { move } = copied;
  const verified = await orForgotten(context, copied, () => verify(context, copied));
  if ('kept' in verified) return verified;
  const { copy } = verified;
  const publishing = await proceed(context, move, {
    step: 'publishing',
    copy,
    destination: destination.toString('hex'),
  });
  const places = await placesOf(context.loaded, publishing);
  if (!places.destination || !(await renameFolder(places.staging, places.destination))) {
    await forget(context, publishing);
    return { kept: `conflict: ${move.to}/${printableName(destination).path} exists` };
  }
  await context.onStep('published');
  return hideSource(context, publishing, { verified: true });
}

/** The folder of a copy that is durable and equal to its source, in which nothing changed meanwhile. */
async function verify(
  context: GraduationContext,
  { move, source, staging }: Copied,
): Promise<{ copy: FolderIdentity } | { kept: string }> {
  const { path } = printableName(Buffer.from(move.project, 'hex'));
  const [, found] = await Promise.all([
    syncFilesystem(staging.parent, context.signal),
    compareCopy(context, move, { source, staging }),
  ]);
  if (await hasChanged(context, move, source)) {
    await forget(context, move);
    return { kept: CHANGED };
  }
  if (found !== undefined)
    throw new FtsError('VerificationFailed', `the copy of ${path} is not equal to it: ${found}`);
  await context.onStep('verified');
  const copy = await folderAt(staging);
  if (!copy) throw new FtsError('VerificationFailed', `the copy of ${path} is gone from staging`);
  return { copy };
}

/** What fails leaves nothing in staging; a project that turns out to have changed stays. */
async function orForgotten<T>(
  context: GraduationContext,
  { move, source }: Copied,
  work: () => Promise<T>,
): Promise<T | { kept: string }> {
  try {
    return await work();
  } catch (error) {
    if (context.isCancelled()) await forget(context, move); // nobody comes back for it
    if (context.signal?.aborted || projectFailure(error) === undefined) throw error;
    const changed = await hasChanged(context, move, source);
    await forget(context, move);
    if (changed) return { kept: CHANGED };
    throw error;
  }
}

/** Whether a source is no longer what was to be copied, or not even there. */
async function hasChanged(
  { signal }: GraduationContext,
  { contents }: Move,
  source: Place,
): Promise<boolean> {
  try {
    return (await scanPlace(source, { signal })).contents !== contents;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return true;
    throw error;
  }
}

/** What is not equal in a copy, for people; undefined if all is. */
async function compareCopy(
  { signal, tell }: GraduationContext,
  { likeness, files, bytes }: Move,
  { source, staging }: { source: Place; staging: Place },
): Promise<string | undefined> {
  const setting = { left: pathOf(source), right: pathOf(staging) };
  const comparison = startComparison(setting, (sum) => {
    tell({ phase: 'verify', files: sum.compared, bytes: sum.bytes, totalBytes: bytes, totalFiles: files });
  });
  try {
    let expected = 0;
    const scan = await inFolder(setting.right, (copy) =>
      scanProject(copy, {
        signal,
        onFile: (path, size) => {
          expected += 1;
          comparison.add(path, size);
        },
      }),
    );
    const { difference, compared } = await comparison.finish(signal);
    if (difference !== undefined) return `the content of ${printableName(difference).path}`;
    if (compared !== expected) return `${String(compared)} of ${String(expected)} files were compared`;
    return scan.likeness === likeness ? undefined : 'names, kinds, modes, owners, times or links';
  } finally {
    await comparison.end();
  }
}
