import { linkSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { attributesOf, giveAttributes } from '../checkers/attributes.js';
import {
  type Project,
  activeOf,
  archivedOf,
  checkEnd,
  checkRecordedMoves,
  checkSwept,
  checkTaken,
  checkWhole,
  leftBehind,
} from '../checkers/graduation.js';
import { treeOf } from '../checkers/tree.js';
import { destinationTaken, sourceWritten } from '../faults/intruder.js';
import { clockBack } from '../faults/clock.js';
import { killAll, killControl, killHost, killHostOfStopped, killTemporal, killTool } from '../faults/kill.js';
import { pauseControl, pauseHost, pauseHostLong, pauseTemporal, pauseTool } from '../faults/pause.js';
import { diskFull, powerCut, readOnly, shutDownDisk, vanish } from '../faults/disks.js';
import { twinHost, twinOfSleeping } from '../faults/twin.js';
import type { Sight } from '../observer.js';
import type { Round, Scenario, Stage } from '../scenario.js';
import { BRIEF, type Moments } from '../schedule.js';
import type { Random } from '../seeded.js';
import { contentSense, nameSense, namesIn, toolSense } from '../senses.js';
import type { World } from '../world.js';

const MIB = 1024 ** 2;

/** A little more than `inactive`. */
const COLD_AFTER_MS = 1100;

const MOMENTS: Moments = {
  ...{ 'tool cp': 3, 'tool sync': 3, 'tool find': 15, 'tool xargs': 6, 'tool mv': 3 },
  ...{ staged: 3, published: 3, hidden: 3 },
  ...{ 'journal copying': 3, 'journal publishing': 3, 'journal hiding': 3, 'journal hidden': 3 },
  'journal sweeping': 3,
  ...{ [BRIEF.inBothPlaces]: 3, [BRIEF.hiddenOnly]: 3 },
};

/** Cold projects move to the archive, and the hidden sources of the round before are swept. */
export const graduation: Scenario = {
  name: 'graduation',
  declare: () => ({
    directories: { flux: ['active'], space: ['projects'] },
    sections: {
      jobs: {
        graduation: {
          ...{ kind: 'graduation', from: 'flux/active', to: 'space/projects' },
          ...{ inactive: '1s', keepSource: '1s' },
        },
      },
    },
  }),
  begin: async (world, random) => {
    await makeProject(world, random, 'kept-here', { stays: true });
    let number = 0;
    const past: Project[] = [];
    const stage: Stage = {
      round: async (inRound) => {
        number += 1;
        await tidy(world, number);
        return makeRound(world, inRound, number, past);
      },
    };
    return stage;
  },
};

async function makeRound(world: World, random: Random, number: number, past: Project[]): Promise<Round> {
  const projects: Project[] = [];
  for (let nth = 1; nth <= 3; nth += 1)
    projects.push(await makeProject(world, random, `p${String(number)}-${String(nth)}`, {}));
  const kept: Project = {
    ...{ name: 'kept-here', stays: true },
    tree: await treeOf(activeOf(world, 'kept-here')),
    attributes: await attributesOf(activeOf(world, 'kept-here')),
  };
  const all = [...projects, kept];
  await execa('sync', ['--file-system', world.flux]); // no power cut takes away what we made
  await sleep(COLD_AFTER_MS);
  const failsOnce = ['ToolFailed'] as const;
  return {
    job: 'graduation',
    moments: MOMENTS,
    senses: [
      toolSense(world),
      contentSense(join(world.state, 'graduation', 'graduation.json'), journalSights),
      nameSense('staged', join(world.space, '.fts', 'staging')),
      nameSense('published', join(world.space, 'projects')),
      nameSense('hidden', join(world.flux, '.fts', 'graduated'), true),
      () => betweenSights(world),
    ],
    faults: [
      ...[killHost, killControl, killTool(failsOnce), killTemporal, killAll, powerCut],
      ...[killHostOfStopped, twinOfSleeping],
      ...[pauseHost, pauseControl, pauseTemporal, pauseTool, pauseHostLong, twinHost],
      ...[sourceWritten(projects), destinationTaken(projects), clockBack],
      ...[diskFull('space', ['DestinationFull', 'VolumeUnavailable'])],
      ...(['flux', 'space'] as const).flatMap((place) => [
        readOnly(place),
        vanish(place),
        shutDownDisk(place),
      ]),
    ],
    look: async (atRest) => {
      const found = [];
      for (const project of all) {
        found.push(...(await checkWhole(world, project, atRest)), ...(await checkTaken(world, project)));
      }
      return [...found, ...(await checkRecordedMoves(world, projects))];
    },
    again: () => leftBehind(world, projects).length > 0 || checkSwept(world, past).length > 0,
    atEnd: async () => {
      const violations = [...(await checkEnd(world, all)), ...checkSwept(world, past)];
      past.push(...projects.filter(({ taken, written }) => taken === undefined && !written));
      for (const { name, taken, written } of projects) {
        if (taken !== undefined || written) await rm(activeOf(world, name), { recursive: true, force: true });
        if (taken !== undefined) await rm(archivedOf(world, name), { recursive: true, force: true });
      }
      return violations;
    },
  };
}

/** Projects that are published and not hidden yet, and those that are hidden while the journal does not say so. */
function betweenSights(world: World): Sight[] {
  const active = new Set(namesIn(join(world.flux, 'active')));
  const both = namesIn(join(world.space, 'projects')).filter((name) => active.has(name));
  const graduated = join(world.flux, '.fts', 'graduated');
  const hidden = namesIn(graduated).flatMap((day) => namesIn(join(graduated, day)));
  if (hidden.length === 0) return both.map((name): Sight => [BRIEF.inBothPlaces, name]);
  const moves = movesOnRecord(world);
  const isOnRecord = (name: string): boolean =>
    moves.some(({ project, step }) => project === name && ['hidden', 'sweeping'].includes(step));
  return [
    ...both.map((name): Sight => [BRIEF.inBothPlaces, name]),
    ...hidden.filter((name) => !isOnRecord(name)).map((name): Sight => [BRIEF.hiddenOnly, name]),
  ];
}

interface RecordedMove {
  id: string;
  step: string;
  project: string;
}

function movesOnRecord({ state }: World): RecordedMove[] {
  try {
    const text = readFileSync(join(state, 'graduation', 'graduation.json'), 'utf8');
    const { moves } = JSON.parse(text) as { moves: RecordedMove[] };
    return moves.map((move) => ({ ...move, project: Buffer.from(move.project, 'hex').toString() }));
  } catch {
    return [];
  }
}

function journalSights(content: string): Sight[] {
  const { moves } = JSON.parse(content) as { moves: { id: string; step: string }[] };
  return moves.map(({ id, step }): Sight => [`journal ${step}`, id]);
}

async function makeProject(
  world: World,
  random: Random,
  name: string,
  { stays = false }: { stays?: boolean },
): Promise<Project> {
  const place = activeOf(world, name);
  mkdirSync(join(place, 'deep', 'empty'), { recursive: true });
  writeFileSync(join(place, 'notes'), `notes of ${name}\n`);
  for (let file = random.int(1, 4); file > 0; file -= 1)
    writeFileSync(join(place, `data-${String(file)}`), random.bytes(random.int(1, 3 * MIB)));
  for (let file = random.int(0, 30); file > 0; file -= 1)
    writeFileSync(join(place, 'deep', `small-${String(file)}`), random.bytes(random.int(0, 2000)));
  linkSync(join(place, 'notes'), join(place, 'deep', 'same notes'));
  symlinkSync('../notes', join(place, 'deep', 'link'));
  writeFileSync(Buffer.concat([Buffer.from(`${place}/not utf-8 `), Buffer.from([0xff, 0x0a])]), 'name');
  await execa('truncate', ['--size=2M', join(place, 'holes')]);
  await execa('mkfifo', [join(place, 'fifo')]);
  await giveAttributes(join(place, 'notes'));
  if (stays) writeFileSync(join(place, '.keep-local'), '');
  utimesSync(join(place, 'deep', 'empty'), 1_000_000_000, 1_000_000_000.123_456_7);
  return { name, stays, tree: await treeOf(place), attributes: await attributesOf(place) };
}

/** Makes room: what was archived two rounds ago goes, as nothing refers to it any more. */
async function tidy(world: World, number: number): Promise<void> {
  const hidden = join(world.flux, '.fts', 'graduated');
  const days = await readdir(hidden).catch(() => []);
  const waiting = (await Promise.all(days.map((day) => readdir(join(hidden, day))))).flat();
  for (const name of await readdir(join(world.space, 'projects'))) {
    const isOld = Number(/^p(\d+)-/.exec(name)?.[1] ?? number) < number - 1;
    if (isOld && !waiting.includes(name)) await rm(archivedOf(world, name), { recursive: true });
  }
}
