import { join } from 'node:path';
import { FtsError } from '../domain/failures.js';
import { isUnderWay, type Move } from '../domain/graduation.js';
import { printableName } from '../domain/names.js';
import { nameMeant, type RecallPlan, type RecallResult } from '../domain/recall.js';
import type { GraduationContext } from './graduation/context.js';
import { moveProject } from './graduation/move.js';
import { hiddenPath } from './graduation/places.js';
import { settle } from './graduation/settle.js';
import { findProject, type RecallOrder } from './recall-find.js';
import { surveyArchived } from './recall-survey.js';

export interface RecallSetting extends GraduationContext {
  /** Fails with `VolumeUnavailable` unless both volumes are what they were; the bytes that a recall may fill. */
  requireRoom: () => Promise<number | undefined>;
}

/** What a recall would do. Changes nothing, and may run beside anything. Fails with `PathMissing`, `PathUnsafe`, `ProjectUnfit`. */
export async function planRecall(
  setting: RecallSetting,
  order: RecallOrder,
  wanted: string,
): Promise<RecallPlan> {
  const found = await findProject(setting, order, wanted);
  switch (found.found) {
    case 'nothing':
      return { ...found, from: order.archive, to: order.active };
    case 'under way':
      return { found: found.found, ...named(found.move.project), ...resultOf(found.move), conflicts: [] };
    case 'recalled':
      return { found: found.found, ...named(found.recalled.project), ...nothingDone(order, found.recalled) };
    case 'archived': {
      const { place } = found;
      const { project, against } = await surveyArchived(setting, order, place, await setting.requireRoom());
      const { files, bytes } = project.scan;
      const name = place.name.toString('hex');
      const route = routeOf(order, name);
      const conflicts = against.map(({ message }) => message);
      return { found: found.found, ...named(name), files, bytes, ...route, conflicts };
    }
  }
}

/**
 * Brings a project back from the archive as a graduation moves it there, and finishes first what a dead process left of
 * it. Safe to retry: what this run has brought back is told again, and a project that is back stays as it is. Fails with
 * `UnknownProject`, `DestinationExists`, `DestinationFull`, `ProjectUnfit`, `Busy` while somebody uses it, and
 * `SourceChanged` if somebody worked on it meanwhile.
 */
export async function recallProject(
  setting: RecallSetting,
  order: RecallOrder,
  wanted: string,
): Promise<RecallResult> {
  const { journal, run } = setting;
  const done = journal.moves.find((move) => move.recall && !isUnderWay(move) && move.run === run);
  if (done) return resultOf(done);
  for (const move of journal.moves.filter((move) => isUnderWay(move) && isOf(move, wanted))) {
    await setting.requireRoom();
    const end = await settle(setting, move);
    if (move.recall && end && 'moved' in end) return resultOf(end.moved);
  }

  const found = await findProject(setting, order, wanted);
  switch (found.found) {
    case 'recalled':
      return nothingDone(order, found.recalled);
    case 'under way':
      throw new FtsError('Busy', `another recall of ${wanted} is under way`);
    case 'nothing':
      throw new FtsError('UnknownProject', `${order.archive} has no project ${wanted}`);
    case 'archived':
  }
  const { place } = found;
  const { project, against } = await surveyArchived(setting, order, place, await setting.requireRoom());
  const [gravest] = against;
  if (gravest) throw gravest;
  const route = { from: order.archive, to: order.active, destination: place.name, recall: true } as const;
  const end = await moveProject(setting, project, route);
  if ('moved' in end) return resultOf(end.moved);
  throw new FtsError('SourceChanged', `${printableName(place.name).path} stays in the archive: ${end.kept}`);
}

const isOf = ({ project, destination = '' }: Move, wanted: string): boolean =>
  nameMeant(
    wanted,
    [project, destination].map((name) => Buffer.from(name, 'hex')),
  ) !== undefined;

const named = (project: string) => {
  const { path, encoded } = printableName(Buffer.from(project, 'hex'));
  return { project: path, ...(encoded && { encoded }) };
};

/** Names of projects are hex. */
const routeOf = ({ active, archive }: RecallOrder, project: string) => ({
  from: join(archive, named(project).project),
  to: join(active, named(project).project),
});

const nothingDone = (order: RecallOrder, { project }: { project: string }): RecallResult => ({
  files: 0,
  bytes: 0,
  ...routeOf(order, project),
});

function resultOf(move: Move): RecallResult {
  const { files, bytes, from, to, project } = move;
  const keptAt = hiddenPath(move);
  return { files, bytes, ...routeOf({ archive: from, active: to }, project), ...(keptAt && { keptAt }) };
}
