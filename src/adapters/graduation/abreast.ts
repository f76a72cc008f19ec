import { meetingName } from '../../domain/coldness.js';
import { FtsError } from '../../domain/failures.js';
import { exactSize } from '../../domain/units.js';
import type { MoveEnd } from './hide.js';
import { type ColdProject, copyToStaging, publishCopy } from './move.js';
import { dayOf, destinationNames } from './names.js';
import { declaredFolder } from './places.js';
import type { GraduationOrder, GraduationSetting } from './run.js';
import { oneAtATime } from '../one-at-a-time.js';
import { sideBySide } from '../../domain/side-by-side.js';

/** One is copied while the one before it is verified, published and hidden: no disk has two to copy at a time. */
const ABREAST = 2;

/** Works on one project, and tells how that ended. Rejects with what concerns all projects. */
export type Attempt = (project: ColdProject, work: () => Promise<MoveEnd>) => Promise<unknown>;

/**
 * Moves projects that may go. Each has its own entry in the journal and its own places, so that a process that dies
 * leaves two moves in place of one at most; whatever meets is done one after the other: the copies, the look at the room
 * that is left for one, and projects whose names meet at the destination.
 */
export async function moveAbreast(
  setting: GraduationSetting,
  order: GraduationOrder,
  going: readonly ColdProject[],
  attempt: Attempt,
): Promise<void> {
  const names = await destinationNames(await declaredFolder(setting.loaded, order.to), order.to);
  const inTurn = oneAtATime();
  /** The names that projects under way will have. */
  const promised = new Map<ColdProject, string>();
  let ahead: Promise<unknown> = Promise.resolve();
  let copying = false;

  const copy = async (project: ColdProject, before: Promise<unknown>) => {
    await requireRoom(setting, project);
    const choose = () => names.choose(project.name, order.onConflict, dayOf(setting.now()));
    const first = choose();
    const meets = 'name' in first && [...promised.values()].includes(meetingName(first.name));
    if (meets) await before; // it may not get there
    const choice = meets ? choose() : first;
    if ('conflict' in choice) return { kept: choice.conflict };
    const destination = choice.name;
    promised.set(project, meetingName(destination));
    const copied = await copyToStaging(setting, project, { ...order, destination });
    return 'kept' in copied ? copied : { copied, destination };
  };
  const tellUnlessCopying: typeof setting.tell = (progress) => {
    if (!copying) setting.tell(progress);
  };
  const move = async (project: ColdProject, before: Promise<unknown>): Promise<MoveEnd> => {
    try {
      const half = await inTurn(() => {
        copying = true;
        return copy(project, before).finally(() => (copying = false));
      });
      if ('kept' in half) return half;
      const end = await publishCopy({ ...setting, tell: tellUnlessCopying }, half.copied, half.destination);
      if ('moved' in end) names.take(half.destination);
      return end;
    } finally {
      promised.delete(project);
    }
  };

  await sideBySide(going, ABREAST, (project) => {
    const before = ahead;
    const work = attempt(project, () => move(project, before));
    ahead = work.catch(() => undefined);
    return work;
  });
}

/** Fails with `DestinationFull`, or `VolumeUnavailable`. What was copied before has taken its room by now. */
async function requireRoom({ requireVolumes }: GraduationSetting, { scan }: ColdProject): Promise<void> {
  const free = await requireVolumes();
  const { allocated } = scan;
  if (free === undefined || allocated <= free) return;
  throw new FtsError(
    'DestinationFull',
    `it has ${exactSize(allocated)}, and ${exactSize(free)} are free at its destination: make room there`,
  );
}
