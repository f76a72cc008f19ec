import { z } from 'zod';
import { coldBefore } from '../../domain/coldness.js';
import type { FailureType } from '../../domain/failures.js';
import { type GraduationResult, holdReason, type HiddenSources, type Move } from '../../domain/graduation.js';
import type { Limits } from '../../domain/limits.js';
import { printableName } from '../../domain/names.js';
import { moveAbreast } from './abreast.js';
import type { GraduationContext } from './context.js';
import type { MoveEnd } from './hide.js';
import type { ColdProject } from './move.js';
import { dayOf, destinationNames } from './names.js';
import { declaredFolder } from './places.js';
import { settle } from './settle.js';
import { type Survey, survey } from './survey.js';
import type { Tally } from './tally.js';
import { projectFailure } from '../project/tool.js';
import type { State } from '../state.js';

/** The declaration of a graduation, as far as it matters on the disk. */
export interface GraduationOrder {
  job: string;
  from: string;
  to: string;
  inactiveSeconds: number;
  onConflict: 'refuse' | 'date';
  limits: Limits | undefined;
}

export interface GraduationSetting extends GraduationContext {
  state: Pick<State, 'readRenewable' | 'write'>;
  /** Fails with `VolumeUnavailable` unless both volumes are what they were; the bytes that are free at the destination. */
  requireVolumes: () => Promise<number | undefined>;
  /** Whether a plan may be carried out, which `record` makes durable; if not, it is held. */
  release: (plan: Survey, exceeded: string | undefined, record: () => Promise<void>) => Promise<boolean>;
}

/** `failure` is the type of the first project's that failed. */
export interface GraduationEnd {
  result: GraduationResult;
  failure?: FailureType;
}

/** What a run was allowed to move, so that its further attempts need not ask again. Names are hex. */
const Released = z.object({ run: z.string(), projects: z.record(z.string(), z.string()) });

const SOURCES_UNSEEN: HiddenSources = { removed: 0, waiting: 0, kept: 0, reasons: [] };

/**
 * Moves what is cold. First ends what a dead process left; then looks at every project, asks whether the plan may be
 * carried out, and moves what goes. Safe to retry: what an attempt of the same run has moved is told
 * again. Fails with `VolumeUnavailable`, `PathMissing`, `PathUnsafe`, `StateCorrupt`.
 */
export async function graduate(
  setting: GraduationSetting,
  order: GraduationOrder,
  tally: Tally,
): Promise<GraduationEnd> {
  const { journal, run } = setting;
  let failure: FailureType | undefined;
  /** Tells how the work on a project ended. What concerns only that project does not end the run. */
  const attempt = async (name: Buffer, work: () => Promise<MoveEnd | undefined>): Promise<boolean> => {
    try {
      const end = await work();
      if (end) tell(tally, name, end);
      return end === undefined || 'moved' in end;
    } catch (error) {
      const itsOwn = setting.signal?.aborted ? undefined : projectFailure(error);
      if (itsOwn === undefined) throw error;
      if (itsOwn.type !== 'DestinationFull') await setting.requireVolumes(); // a dead disk is no fault of one project
      failure ??= itsOwn.type;
      tally.failed(name, itsOwn.message);
      return false;
    }
  };
  const settled = new Set<string>();
  for (const move of journal.moves) {
    const isDone = await attempt(Buffer.from(move.project, 'hex'), async () => {
      if (move.step === 'hidden' && move.run === run && !move.recall) return { moved: move };
      await setting.requireVolumes();
      if (!move.recall) return settle(setting, move);
      await settle({ ...setting, run: move.run ?? run }, move); // how it ended is the recall's to tell
      return undefined;
    });
    if (!isDone) settled.add(move.project);
  }

  const names = await destinationNames(await declaredFolder(setting.loaded, order.to), order.to);
  const plan = await survey(setting, {
    conflictOf: (name) => {
      const choice = names.choose(name, order.onConflict, dayOf(setting.now()));
      return 'conflict' in choice ? choice.conflict : undefined;
    },
    from: order.from,
    inactiveSeconds: order.inactiveSeconds,
    recalled: journal.recalled,
    countAll: order.limits?.deleteShare !== undefined,
  });
  await journal.forgetRecalled(coldBefore(setting.now().getTime(), order.inactiveSeconds) * 1000);
  const isNew = ({ name }: { name: Buffer }): boolean => !settled.has(name.toString('hex'));
  for (const { name, reason } of plan.kept.filter(isNew)) tally.kept(name, reason);
  for (const { name, reason } of plan.failed.filter(isNew)) tally.failed(name, reason);
  if (plan.failed.some(isNew)) failure ??= 'ToolFailed';

  const isReleased = await permission(setting, order, plan);
  if (isReleased === undefined) {
    for (const { name } of plan.going.filter(isNew))
      tally.kept(name, 'held: a person has to look at the plan first');
    return { result: await tally.finish(SOURCES_UNSEEN), ...(failure && { failure }) };
  }
  const going = plan.going.filter(isNew).filter((project) => {
    if (isReleased(project)) return true;
    tally.kept(project.name, 'hot: it turned cold or changed after the plan of this run was made');
    return false;
  });
  await moveAbreast(setting, order, going, (project, work) => attempt(project.name, work));
  return { result: await tally.finish(SOURCES_UNSEEN), ...(failure && { failure }) };
}

/** Tells of each project whether it may go; undefined if the plan is held. */
async function permission(
  { state, run, release }: GraduationSetting,
  { job, limits }: GraduationOrder,
  plan: Survey,
): Promise<((project: ColdProject) => boolean) | undefined> {
  const file = `graduation/${job}.released.json`;
  const earlier = await state.readRenewable(file, Released);
  if (earlier?.run === run) {
    return ({ name, scan }) => earlier.projects[name.toString('hex')] === scan.contents;
  }
  const projects = Object.fromEntries(
    plan.going.map(({ name, scan }) => [name.toString('hex'), scan.contents]),
  );
  const record = () => state.write(file, { run, projects } satisfies z.input<typeof Released>);
  return (await release(plan, holdReason(plan, limits), record)) ? () => true : undefined;
}

function tell(tally: Tally, name: Buffer, end: MoveEnd): void {
  if ('kept' in end) tally.kept(name, end.kept);
  else
    tally.moved(name, {
      files: end.moved.files,
      bytes: end.moved.bytes,
      destination: destinationOf(end.moved),
    });
}

const destinationOf = ({ to, destination = '' }: Move): string =>
  `${to}/${printableName(Buffer.from(destination, 'hex')).path}`;
