import { setTimeout as sleep } from 'node:timers/promises';
import { checkOrphans, checkPrograms } from './checkers/programs.js';
import { checkRequests } from './checkers/requests.js';
import { checkSecrets } from './checkers/secrets.js';
import type { Fault, Struck } from './fault.js';
import { Looks } from './looks.js';
import { ANY, type Observer, startObserver } from './observer.js';
import { ask, type Request } from './request.js';
import type { Answer, Round } from './scenario.js';
import type { Point } from './schedule.js';
import type { Random } from './seeded.js';
import type { World } from './world.js';

/** What became of a point. */
export interface PointReport {
  fault: string;
  moment: string;
  count: number;
  delayMs: number;
  lastsMs: number;
  landed: boolean;
  /** RFC 3339 UTC. */
  at?: string;
  target?: string;
  /** Why it did not land. */
  missed?: string;
}

export interface RoundReport {
  points: PointReport[];
  outcomes: string[];
  looks: number;
  seconds: number;
  violations: string[];
  /** How often each moment came up. */
  seen: Record<string, number>;
}

/** Everything that may heal has to be over by then (milliseconds): heartbeats that are missed, and pauses between attempts. */
const RUN_PATIENCE_MS = 300_000;

/** A failure that no waiting cures is told within a minute; a worker that starts and a busy machine take theirs (milliseconds). */
const FAILURE_PATIENCE_MS = 120_000;

interface Play {
  world: World;
  round: Round;
  random: Random;
  observer: Observer;
  looks: Looks;
  told: PointReport[];
}

/** Faults that fell, and what is to be made good after the run. */
interface Blows {
  faults: Fault[];
  toLift: Struck[];
}

/** Asks for one run, lets the points happen, and checks all the while. */
export async function playRound(
  world: World,
  round: Round,
  { points, random }: { points: readonly Point[]; random: Random },
): Promise<RoundReport> {
  const startedAt = Date.now();
  const looks = new Looks(async (atRest) => [...checkPrograms(world), ...(await round.look(atRest))]);
  const observer = startObserver(round.senses);
  const play: Play = { world, round, random, observer, looks, told: [] };
  const answers: Answer[] = [];
  try {
    const request = ask(world, round);
    const blows = await strikeAll(play, points, request);
    answers.push(await request.answer(blows.toLift.length > 0 ? FAILURE_PATIENCE_MS : RUN_PATIENCE_MS));
    for (const { lift } of blows.toLift) await looks.unseen(lift);
    looks.blind(false);
    await bringToEnd(play, blows.faults, answers);
  } catch (error) {
    looks.complain([error instanceof Error ? error.message : String(error)]);
  }
  observer.end();
  await looks.end();
  looks.complain(await checkOrphans(world));
  looks.complain(await checkSecrets(world));
  if (looks.violations.length === 0) {
    await looks.once(true);
    looks.complain(await round.atEnd(answers));
    looks.complain(await checkRequests(world, round, { since: new Date(startedAt - SECOND_MS), answers }));
  }
  return {
    points: play.told,
    outcomes: answers.map(({ outcome, error }) => (error ? `${outcome} (${error.type})` : outcome)),
    looks: looks.count,
    seconds: (Date.now() - startedAt) / SECOND_MS,
    violations: looks.violations,
    seen: observer.seen(),
  };
}

const SECOND_MS = 1000;

async function strikeAll(play: Play, points: readonly Point[], request: Request): Promise<Blows> {
  const { looks } = play;
  const blows: Blows = { faults: [], toLift: [] };
  for (const point of points) {
    const { fault } = point;
    const struck = await happen(play, point, request);
    if (!struck) continue;
    blows.faults.push(fault);
    looks.complain(struck.violations ?? []);
    looks.blind(fault.blinds ?? false);
    if (fault.outlastsRun) {
      blows.toLift.push(struck);
    } else {
      if (!fault.blinds) await looks.once(struck.atRest);
      await sleep(point.lastsMs);
      await looks.unseen(struck.lift);
      looks.blind(false);
    }
  }
  return blows;
}

/** Waits for the moment of a point and strikes. Undefined if it missed. */
async function happen(
  { world, random, observer, looks, told }: Play,
  { fault, moment, count, delayMs, lastsMs }: Point,
  { ended }: Request,
): Promise<Struck | undefined> {
  const entry: PointReport = { fault: fault.name, moment, count, delayMs, lastsMs, landed: false };
  told.push(entry);
  const hasEnded = async (other: Promise<unknown>) => (await Promise.race([other, ended])) === 'ended';
  const moments = [observer.next(moment, count), ...(told.length > 1 ? [orAnything(observer)] : [])];
  if ((await hasEnded(Promise.race(moments))) || (delayMs > 0 && (await hasEnded(sleep(delayMs))))) {
    entry.missed = 'the run ended before';
    return undefined;
  }
  const at = new Date().toISOString();
  const struck = await looks.unseen(() => fault.strike(world, random));
  if (struck) Object.assign(entry, { landed: true, at, target: struck.target });
  else entry.missed = 'there was nothing to hit';
  return struck;
}

/** After a fault the run may be past the moment that the next one is to come at. */
const ANYTHING_AFTER_MS = 4000;

async function orAnything(observer: Observer): Promise<void> {
  await sleep(ANYTHING_AFTER_MS);
  await observer.next(ANY, 1);
}

/** A run that its faults made fail is followed by one that completes. */
async function bringToEnd(
  { world, round, looks }: Play,
  faults: readonly Fault[],
  answers: Answer[],
): Promise<void> {
  const { expects = 'complete' } = round;
  const demanded = faults.flatMap(({ demands }) => demands as readonly string[]);
  const [first = { outcome: 'none', result: null }] = answers;
  const { outcome, error } = first;
  const isExpected = (answer: Answer): boolean => [answer.outcome, answer.error?.type].includes(expects);
  if (!isExpected(first)) {
    if (!demanded.includes(error?.type ?? outcome))
      looks.complain([`the run ended as ${outcome}: ${String(error?.type)}: ${String(error?.message)}`]);
    const next = await ask(world, round).answer(RUN_PATIENCE_MS);
    answers.push(next);
    if (!isExpected(next))
      looks.complain([`the run after the fault ended as ${next.outcome}: ${JSON.stringify(next.error)}`]);
  }
  if (answers.at(-1)?.outcome !== 'complete') return;
  await looks.once(true);
  if (round.again?.()) answers.push(await ask(world, round).answer(RUN_PATIENCE_MS));
}
