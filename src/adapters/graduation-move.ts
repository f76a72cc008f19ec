import { randomUUID } from 'node:crypto';
import { FtsError } from '../domain/failures.js';
import type { FolderIdentity, Move } from '../domain/graduation.js';
import { printableName } from '../domain/names.js';
import { type GraduationContext, proceed } from './graduation-context.js';
import { hideSource, type MoveEnd } from './graduation-hide.js';
import { placesOf } from './graduation-places.js';
import { CHANGED, forget } from './graduation-withdraw.js';
import { startComparison } from './project-compare.js';
import { copyProject, syncFilesystem } from './project-copy.js';
import { inFolder, scanPlace } from './project-look.js';
import { folderAt, pathOf, type Place, renameFolder } from './project-rename.js';
import { type ProjectScan, scanProject } from './project-scan.js';
import { projectFailure } from './project-tool.js';
import { isErrno } from './state.js';

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
  { name, folder, scan }: ColdProject,
  route: Route,
): Promise<MoveEnd> {
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
  const copying = await proceed(context, begun, { step: 'copying' });
  const { source, staging } = await placesOf(loaded, copying);
  try {
    const onWritten = (written: number): void => {
      context.tell({ phase: 'copy', bytes: Math.min(written, bytes), totalBytes: bytes });
    };
    onWritten(0);
    const copyPath = pathOf(staging).toString();
    await inFolder(pathOf(source), (open) => copyProject(open, copyPath, { signal, onWritten }));
    await onStep('copied');
    const [, found] = await Promise.all([
      syncFilesystem(staging.parent, signal),
      compareCopy(context, copying, { source, staging }),
    ]);
    if (await hasChanged(context, copying, source)) {
      await forget(context, copying);
      return { kept: CHANGED };
    }
    if (found !== undefined) {
      throw new FtsError(
        'VerificationFailed',
        `the copy of ${printableName(name).path} is not equal to it: ${found}`,
      );
    }
    await onStep('verified');
  } catch (error) {
    if (context.isCancelled()) await forget(context, copying); // nobody comes back for it
    if (signal?.aborted || projectFailure(error) === undefined) throw error;
    const changed = await hasChanged(context, copying, source);
    await forget(context, copying);
    if (changed) return { kept: CHANGED };
    throw error;
  }
  const copy = await folderAt(staging);
  if (!copy)
    throw new FtsError('VerificationFailed', `the copy of ${printableName(name).path} is gone from staging`);
  const publishing = await proceed(context, copying, {
    step: 'publishing',
    copy,
    destination: route.destination.toString('hex'),
  });
  const { destination } = await placesOf(loaded, publishing);
  if (!destination || !(await renameFolder(staging, destination))) {
    await forget(context, publishing);
    return { kept: `conflict: ${route.to}/${printableName(route.destination).path} exists` };
  }
  await onStep('published');
  return hideSource(context, publishing, { verified: true });
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
