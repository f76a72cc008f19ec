import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import {
  ASKED,
  OTHER,
  type Wish,
  checkRestored,
  checkUntouched,
  dataOf,
  keptPlace,
  publishedIn,
} from '../checkers/restore.js';
import { type Tree, treeOf } from '../checkers/tree.js';
import { diskFull, powerCut, readOnly, shutDownDisk, vanish } from '../faults/disks.js';
import { killAll, killControl, killHost, killHostOfStopped, killTemporal, killTool } from '../faults/kill.js';
import { pauseControl, pauseHost, pauseTemporal, pauseTool } from '../faults/pause.js';
import type { Sight } from '../observer.js';
import type { Round, Scenario, Stage } from '../scenario.js';
import type { Moments } from '../schedule.js';
import type { Random } from '../seeded.js';
import { nameSense, namesIn, toolSense } from '../senses.js';
import type { World } from '../world.js';

const MIB = 1024 ** 2;
const SMALL = 40;

const MOMENTS: Moments = {
  ...{ 'tool restic restore': 1, 'tool restic ls': 2, staged: 2, kept: 2, published: 1 },
  ...{ 'restore prepared': 1, 'restore fetched': 1, 'restore verified': 1, 'restore published': 1 },
};

/** A folder comes back from a snapshot, beside what is there or in its place. */
export const restore: Scenario = {
  name: 'restore',
  declare: () => ({
    directories: { flux: ['data'], space: [] },
    sections: {
      repositories: { local: { host: 'here', volume: 'space', path: 'local', password: 'password' } },
      jobs: { save: { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 3 } } },
    },
  }),
  begin: async (world, random) => {
    for (const name of [ASKED, OTHER]) makeFolder(join(dataOf(world), name), random);
    const saved = await treeOf(join(dataOf(world), ASKED));
    await execa('cp', ['-a', join(dataOf(world), ASKED), join(world.folder, 'saved')]);
    const { stdout, stderr } = await world.fts('run', 'save', '--json');
    if (!stdout.includes('"outcome":"complete"')) throw new Error(`without any fault: ${stdout}${stderr}`);
    const stage: Stage = { round: (inRound) => makeRound(world, inRound, saved) };
    return stage;
  },
};

async function makeRound(world: World, random: Random, saved: Tree): Promise<Round> {
  const inPlace = random.chance(0.6);
  await change(world, random);
  const wish: Wish = {
    ...{ inPlace, saved },
    before: await treeOf(join(dataOf(world), ASKED)),
    other: await treeOf(join(dataOf(world), OTHER)),
  };
  return {
    job: 'restore',
    request: ['restore', `flux/data/${ASKED}`, ...(inPlace ? ['--in-place', '--yes'] : [])],
    moments: MOMENTS,
    senses: [
      toolSense(world),
      nameSense('staged', join(world.flux, '.fts', 'restores'), true),
      nameSense('kept', keptPlace(world), true),
      () => publishedIn(world).map((name): Sight => ['published', name]),
      () => recordSights(world),
    ],
    faults: [
      ...[killHost, killControl, killTool([]), killTemporal, killAll, powerCut, killHostOfStopped],
      ...[pauseHost, pauseControl, pauseTemporal, pauseTool],
      ...[readOnly('flux'), vanish('flux'), shutDownDisk('flux')],
      diskFull('flux', ['DestinationFull', 'VolumeUnavailable']),
    ],
    look: () => checkUntouched(world, wish),
    atEnd: async () => {
      const violations = await checkRestored(world, wish);
      for (const name of publishedIn(world)) await rm(join(dataOf(world), name), { recursive: true });
      await rm(keptPlace(world), { recursive: true, force: true });
      return violations;
    },
  };
}

function recordSights({ state }: World): Sight[] {
  const folder = join(state, 'restores');
  return namesIn(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): Sight[] => {
      try {
        const { step } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { step: string };
        return [[`restore ${step}`, name]];
      } catch {
        return []; // it is being replaced
      }
    });
}

function makeFolder(place: string, random: Random): void {
  mkdirSync(join(place, 'deep', 'empty'), { recursive: true });
  for (let file = 0; file < SMALL; file += 1)
    writeFileSync(join(place, 'deep', `small-${String(file)}`), random.bytes(random.int(1, 3000)));
  for (let file = 0; file < 3; file += 1)
    writeFileSync(join(place, `big-${String(file)}`), random.bytes(random.int(MIB, 3 * MIB)));
  linkSync(join(place, 'deep', 'small-0'), join(place, 'same'));
  symlinkSync('deep/small-1', join(place, 'link'));
  writeFileSync(Buffer.concat([Buffer.from(`${place}/not utf-8 `), Buffer.from([0xff])]), 'name');
}

/** As it was saved, but for some files that were changed since, some that are gone, and one that is new. */
async function change(world: World, random: Random): Promise<void> {
  const place = join(dataOf(world), ASKED);
  await rm(place, { recursive: true });
  await execa('cp', ['-a', join(world.folder, 'saved'), place]);
  for (let nth = 0; nth < 3; nth += 1) {
    writeFileSync(
      join(place, 'deep', `small-${String(random.int(2, 19))}`),
      random.bytes(random.int(1, 3000)),
    );
    rmSync(join(place, 'deep', `small-${String(random.int(20, SMALL - 1))}`), { force: true });
  }
  writeFileSync(join(place, `big-${String(random.int(0, 2))}`), random.bytes(random.int(1, MIB)));
  writeFileSync(join(place, 'new'), random.bytes(100));
  await execa('sync', ['--file-system', world.flux]); // no power cut takes away what we made
}
