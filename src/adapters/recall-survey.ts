import { FtsError } from '../domain/failures.js';
import { printableName } from '../domain/names.js';
import { formatSize } from '../domain/units.js';
import type { GraduationContext } from './graduation/context.js';
import type { ColdProject } from './graduation/move.js';
import { dayOf, destinationNames } from './graduation/names.js';
import { declaredFolder } from './graduation/places.js';
import { inFolder } from './project/look.js';
import { isMountedInto } from './project/mounts.js';
import { whoUses } from './project/open-files.js';
import { folderAt, pathOf, type Place } from './project/rename.js';
import { scanProject } from './project/scan.js';
import type { RecallOrder } from './recall-find.js';

/** A project of the archive, and all that speaks against bringing it back now, the gravest first. */
export interface ArchivedProject {
  project: ColdProject;
  against: FtsError[];
}

/** Looks at a project of the archive. `room` is what its old place may fill (bytes). Fails with `ProjectUnfit` for what is no folder. */
export async function surveyArchived(
  { loaded, signal, tell, now }: Pick<GraduationContext, 'loaded' | 'signal' | 'tell' | 'now'>,
  { active, archive }: RecallOrder,
  place: Place,
  room: number | undefined,
): Promise<ArchivedProject> {
  const name = printableName(place.name).path;
  const folder = await folderAt(place);
  if (!folder) {
    const found = `${archive}/${name} is a link or a file, not a folder`;
    throw new FtsError('ProjectUnfit', found, 'only folders graduate: copy it back by hand (`cp -a`)');
  }
  tell({ phase: 'scan' });
  const scan = await inFolder(pathOf(place), (open) => scanProject(open, { signal }));
  const against: FtsError[] = [];
  const names = await destinationNames(await declaredFolder(loaded, active), active);
  const choice = names.choose(place.name, 'refuse', dayOf(now()));
  if ('conflict' in choice) {
    const hint = 'nothing is merged: rename one of the two, then recall it again';
    against.push(new FtsError('DestinationExists', `${name} cannot come back, ${choice.conflict}`, hint));
  }
  if (scan.obstacle !== undefined) {
    against.push(new FtsError('ProjectUnfit', `${archive}/${name} cannot be copied: ${scan.obstacle}`));
  }
  if (room !== undefined && scan.allocated > room) {
    const sizes = `${formatSize(scan.allocated)}, and ${active} has room for ${formatSize(Math.max(0, room))}`;
    against.push(new FtsError('DestinationFull', `${name} has ${sizes}`, 'make room, then recall it again'));
  }
  const [user, isMounted] = await inFolder(pathOf(place), (open) =>
    Promise.all([whoUses(open), isMountedInto(open)]),
  );
  if (user !== undefined) against.push(new FtsError('Busy', `${archive}/${name} is open in ${user}`));
  if (isMounted) against.push(new FtsError('Busy', `${archive}/${name} has something mounted in it`));
  return { project: { name: place.name, folder, scan }, against };
}
