import { meetingName } from '../domain/coldness.js';
import { isUnderWay, type Move, type Recalled } from '../domain/graduation.js';
import { printableName } from '../domain/names.js';
import { nameMeant } from '../domain/recall.js';
import { splitVolumePath } from '../estate/paths.js';
import { nearest } from '../estate/suggest.js';
import type { GraduationContext } from './graduation/context.js';
import { declaredFolder } from './graduation/places.js';
import { namesIn } from './graduation/survey.js';
import { isStillThere, type Place } from './project/rename.js';

/** The two folders of a graduation, `volume/path`. */
export interface RecallOrder {
  /** Where projects come back to. */
  active: string;
  archive: string;
}

/** What there is of a project that somebody wants back. */
export type Found =
  | { found: 'under way'; move: Move }
  | { found: 'archived'; place: Place }
  | { found: 'recalled'; recalled: Recalled }
  | { found: 'nothing'; nearest: string[]; active: boolean };

/** So many names are suggested at most. */
const MOST_SUGGESTIONS = 5;

/**
 * Looks for a project by its name: among recalls that broke off, in the archive, among those that are back. A name is
 * only ever compared with names that are there, so that none leads elsewhere. Fails with `PathMissing` and `PathUnsafe`.
 */
export async function findProject(
  { loaded, journal }: Pick<GraduationContext, 'loaded' | 'journal'>,
  { active, archive }: RecallOrder,
  wanted: string,
): Promise<Found> {
  const begun = journal.moves.filter((move) => move.recall && isUnderWay(move));
  const move = meant(wanted, begun);
  if (move) return { found: 'under way', move };
  const [archived, present] = await Promise.all([folderNames(loaded, archive), folderNames(loaded, active)]);
  const name = nameMeant(wanted, archived.names);
  if (name) return { found: 'archived', place: { parent: archived.parent, name } };
  const recalled = meant(wanted, journal.recalled);
  if (recalled) {
    const place = { parent: present.parent, name: Buffer.from(recalled.project, 'hex') };
    if (await isStillThere(place, recalled.folder)) return { found: 'recalled', recalled };
  }
  return {
    found: 'nothing',
    nearest: suggestions(wanted, archived.names),
    active: nameMeant(wanted, present.names) !== undefined,
  };
}

async function folderNames(loaded: GraduationContext['loaded'], volumePath: string) {
  const parent = await declaredFolder(loaded, volumePath);
  return { parent, names: await namesIn(parent, splitVolumePath(volumePath).path === '') };
}

/** The entry whose project is meant. */
function meant<Entry extends { project: string }>(
  wanted: string,
  entries: readonly Entry[],
): Entry | undefined {
  const name = nameMeant(
    wanted,
    entries.map(({ project }) => Buffer.from(project, 'hex')),
  );
  return entries.find(({ project }) => project === name?.toString('hex'));
}

/** Names that meet the wanted one, that have a date behind it, or that it may be a slip for. Printed. */
function suggestions(wanted: string, names: readonly Buffer[]): string[] {
  const printed = names.map((name) => printableName(name).path);
  const met = meetingName(Buffer.from(wanted));
  const found = new Set(
    printed.filter((_, index) => {
      const name = names[index];
      return name !== undefined && meetingName(name).startsWith(met) && met !== '';
    }),
  );
  const rest = new Set(printed.filter((name) => !found.has(name)));
  while (found.size < MOST_SUGGESTIONS) {
    const next = nearest(wanted, rest);
    if (next === undefined) break;
    rest.delete(next);
    found.add(next);
  }
  return [...found].slice(0, MOST_SUGGESTIONS);
}
