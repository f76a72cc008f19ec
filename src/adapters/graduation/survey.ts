import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { coldBefore } from '../../domain/coldness.js';
import type { GraduationPlan, Recalled } from '../../domain/graduation.js';
import type { HeldPath } from '../../domain/hold.js';
import { printableName } from '../../domain/names.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { splitVolumePath } from '../../estate/paths.js';
import type { GraduationContext } from './context.js';
import type { ColdProject } from './move.js';
import { declaredFolder } from './places.js';
import { inFolder } from '../project/look.js';
import { isMountedInto } from '../project/mounts.js';
import { type OpenFiles, openFilesBelow } from '../project/open-files.js';
import { folderAt, pathOf, type Place } from '../project/rename.js';
import { isActive, scanProject } from '../project/scan.js';
import { isErrno } from '../state.js';

/** By this file, of whatever kind, a project opts out. */
const OPT_OUT = Buffer.from('/.keep-local');

const MOUNTED = 'another filesystem or folder is mounted in it';

/** A project that stays, and why. */
export interface Unmoved {
  name: Buffer;
  reason: string;
}

export interface Survey extends GraduationPlan {
  /** By name. */
  going: ColdProject[];
  kept: Unmoved[];
  failed: Unmoved[];
  /** At most ten of those that go. */
  biggest: HeldPath[];
  /** Same for the same cold projects in the same state. */
  planHash: string;
}

export interface SurveyOptions {
  /** `volume/path`. */
  from: string;
  inactiveSeconds: number;
  /** Projects that were brought back. */
  recalled: readonly Recalled[];
  /** Why a name cannot be given at the destination. */
  conflictOf: (name: Buffer) => string | undefined;
  /** Whether `total` is wanted, which takes a look at everything in active projects too. */
  countAll: boolean;
}

/** Looks at every entry of the source folder. Changes nothing. Fails with `PathMissing` and `PathUnsafe`. */
export async function survey(context: GraduationContext, options: SurveyOptions): Promise<Survey> {
  const { from, inactiveSeconds } = options;
  const parent = await declaredFolder(context.loaded, from);
  const cutoff = coldBefore(context.now().getTime(), inactiveSeconds);
  const found: Survey = {
    ...{ projects: 0, cold: 0, conflicts: 0, removal: { files: 0, bytes: 0 }, total: 0 },
    ...{ going: [], kept: [], failed: [], biggest: [], planHash: '' },
  };
  const plan = createHash('sha256');
  let look: Promise<OpenFiles> | undefined;
  /** One look for all projects, and none where nothing is cold: what counts is the look right before a source is hidden. */
  const openFiles = (): Promise<OpenFiles> => (look ??= inFolder(parent, openFilesBelow));
  for (const name of await namesIn(parent, splitVolumePath(from).path === '')) {
    context.signal?.throwIfAborted();
    context.tell({ phase: 'scan', files: found.projects });
    try {
      const look = await lookAt(context, { parent, name }, { ...options, cutoff, openFiles });
      if (look.isProject) found.projects += 1;
      if (look.isConflict) found.conflicts += 1;
      found.total += look.files ?? 0;
      if (!look.cold) {
        found.kept.push({ name, reason: look.reason });
        continue;
      }
      found.cold += 1;
      found.removal.files += look.cold.scan.files;
      found.removal.bytes += look.cold.scan.bytes;
      found.going.push(look.cold);
      plan.update(`${name.toString('hex')} ${look.cold.scan.contents}\n`);
    } catch (error) {
      context.signal?.throwIfAborted();
      if (isErrno(error, 'ENOENT')) continue; // it was renamed or deleted meanwhile
      found.projects += 1;
      found.failed.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { ...found, biggest: biggest(found.going), planHash: plan.digest('hex') };
}

const biggest = (going: readonly ColdProject[]): HeldPath[] =>
  going
    .map(({ name, scan }): HeldPath => ({ ...printableName(name), bytes: scan.bytes }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 10);

type Look = { isProject: boolean; isConflict?: true; files?: number } & (
  { cold: ColdProject } | { cold?: never; reason: string }
);

interface LookOptions extends SurveyOptions {
  cutoff: number;
  openFiles: () => Promise<OpenFiles>;
}

async function lookAt(
  { signal }: GraduationContext,
  place: Place,
  { cutoff, recalled, countAll, conflictOf, openFiles }: LookOptions,
): Promise<Look> {
  const folder = await folderAt(place);
  if (!folder) {
    const isLink = (await lstat(pathOf(place))).isSymbolicLink();
    return { isProject: false, reason: isLink ? 'it is a link, not a folder' : 'it is not a folder' };
  }
  return inFolder(pathOf(place), async (open): Promise<Look> => {
    const stays = async (reason: string): Promise<Look> => ({
      isProject: true,
      reason,
      ...(countAll && { files: (await scanProject(open, { signal })).files }),
    });
    if (await hasOptedOut(place)) return stays('opted out by .keep-local');
    if (await isActive(open, cutoff, signal)) return stays('hot: something in it changed lately');
    const back = recalled.find(({ project, folder: { inode } }) =>
      [project, inode].some((known) => known === place.name.toString('hex') || known === folder.inode),
    );
    if (back && Date.parse(back.at) / 1000 >= cutoff) return stays(`hot: it was recalled at ${back.at}`);
    const conflict = conflictOf(place.name);
    if (conflict !== undefined) return { ...(await stays(conflict)), isConflict: true };
    const user = await (await openFiles()).usersOf(open);
    if (user !== undefined) return stays(`open in ${user}`);
    if (await isMountedInto(open)) return stays(MOUNTED);
    const scan = await scanProject(open, { signal });
    const { files } = scan;
    if (scan.obstacle !== undefined) return { isProject: true, files, reason: scan.obstacle };
    return { isProject: true, files, cold: { name: place.name, folder, scan } };
  });
}

async function hasOptedOut(place: Place): Promise<boolean> {
  try {
    await lstat(Buffer.concat([pathOf(place), OPT_OUT]));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** The entries of a folder, but for this product's own at a volume's root. By bytes. */
export async function namesIn(parent: string, isRoot: boolean): Promise<Buffer[]> {
  const names = await readdir(parent, { encoding: 'buffer' });
  const isOurs = (name: string): boolean => isRoot && (name.startsWith(OWN_FOLDER) || name === 'lost+found');
  return names.filter((name) => !isOurs(name.toString('latin1'))).sort((a, b) => a.compare(b));
}
