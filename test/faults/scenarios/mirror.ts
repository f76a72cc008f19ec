import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Holdings, MIRRORED, checkEqual, checkLosses, holdingsOf } from '../checkers/mirror.js';
import { Returned } from '../checkers/returned.js';
import { powerCut, readOnly, shutDownDisk, vanish } from '../faults/disks.js';
import { killAll, killControl, killHost, killHostOfStopped, killTemporal, killTool } from '../faults/kill.js';
import {
  pauseControl,
  pauseHost,
  pauseHostLong,
  pauseRemote,
  pauseTemporal,
  pauseTool,
} from '../faults/pause.js';
import { REMOTE_FAULTS } from '../faults/remote.js';
import { fileReturns } from '../faults/return.js';
import { twinHost, twinOfSleeping } from '../faults/twin.js';
import { BUCKET } from '../remote.js';
import type { Round, Scenario, Stage } from '../scenario.js';
import type { Moments } from '../schedule.js';
import type { Random } from '../seeded.js';
import { nameSense, toolSense } from '../senses.js';
import type { World } from '../world.js';

const MIB = 1024 ** 2;
const FILES = 60;
const MOST_DELETES = 12;

/** One round in so many wants to delete more than it may. */
const EXCESSES = 0.2;

const MOMENTS: Moments = { 'tool rclone': 6, 'tool sort': 1, plan: 8, stored: 6 };

/** A volume and its remote: new files go up, changed ones too, and what is gone from the source is hidden there. */
export const mirror: Scenario = {
  name: 'mirror',
  declare: ({ endpoint }) => ({
    directories: { flux: ['data'], space: [] },
    sections: {
      remotes: {
        b2: {
          ...{ type: 'b2', path: `${BUCKET}/${MIRRORED}`, options: { endpoint } },
          secrets: { account: 'mirror-id', key: 'mirror-key' },
        },
      },
      jobs: {
        mirror: {
          ...{ kind: 'mirror', volume: 'flux', remote: 'b2', bandwidth: '1M' },
          limits: { deletes: MOST_DELETES, changeShare: '90%', deleteShare: '90%' },
        },
      },
    },
  }),
  begin: async (world, random) => {
    mkdirSync(join(dataOf(world), 'deep'), { recursive: true });
    for (let file = 0; file < FILES; file += 1) writeSmall(world, random, file);
    symlinkSync('deep', join(dataOf(world), 'link'));
    const { stdout, stderr } = await world.fts('run', 'mirror', '--json');
    if (!stdout.includes('"outcome":"complete"')) throw new Error(`without any fault: ${stdout}${stderr}`);
    const stage: Stage = { round: (inRound) => makeRound(world, inRound) };
    return stage;
  },
};

async function makeRound(world: World, random: Random): Promise<Round> {
  const wanted = random.chance(EXCESSES) ? MOST_DELETES + 5 : random.int(1, MOST_DELETES);
  const aside = await change(world, random, wanted);
  const exceeds = aside.length > MOST_DELETES;
  const before = await holdingsOf(world);
  const toGo = exceeds ? new Set<string>() : new Set(aside.map((name) => `data/${name}`));
  const returned = new Returned(world, holdingsOf);
  const look = async (): Promise<string[]> => {
    const now: Holdings = await holdingsOf(world);
    return checkLosses(before, now, new Set([...toGo].filter((name) => returned.mayGo(name))));
  };
  return {
    job: 'mirror',
    moments: MOMENTS,
    expects: exceeds ? 'held' : 'complete',
    senses: [
      toolSense(world),
      returned.sense,
      nameSense('plan', join(world.state, 'plans', 'mirror')),
      nameSense('stored', join(world.folder, 'remote', 'b2', 'content')),
    ],
    faults: [
      ...[killHost, killControl, killTool(['VerificationFailed']), killTemporal, killAll, powerCut],
      ...[killHostOfStopped, twinOfSleeping],
      ...[pauseHost, pauseControl, pauseTemporal, pauseTool, pauseHostLong, twinHost, pauseRemote],
      ...[...REMOTE_FAULTS, readOnly('flux'), vanish('flux'), shutDownDisk('flux')],
      ...(exceeds
        ? []
        : [
            fileReturns(asideOf(world), dataOf(world), aside, {
              returned: returned.names,
              onReturn: returned.cameBack,
            }),
          ]),
    ],
    look,
    again: () => returned.names.size > 0,
    atEnd: async () => {
      const violations = await look();
      if (exceeds) await putBack(world);
      else violations.push(...(await checkEqual(world)));
      rmSync(asideOf(world), { recursive: true, force: true });
      return violations;
    },
  };
}

const dataOf = ({ flux }: World): string => join(flux, 'data');
const asideOf = ({ folder }: World): string => join(folder, 'aside');

function writeSmall(world: World, random: Random, file: number): void {
  const folder = file % 2 === 0 ? dataOf(world) : join(dataOf(world), 'deep');
  writeFileSync(join(folder, `file-${String(file)}`), random.bytes(random.int(1, 20_000)));
}

/** What a day brings; so many files go, and lie aside. Their names. */
async function change(world: World, random: Random, deletions: number): Promise<string[]> {
  const place = dataOf(world);
  const names = (await readdir(place)).filter((name) => name.startsWith('file-')).sort(); // all of them are mirrored
  for (let fresh = 0; fresh < deletions; fresh += 1)
    writeSmall(world, random, 2 * random.int(1000, 4_999_999)); // there, where files go
  for (let nth = 0; nth < 3; nth += 1)
    writeFileSync(join(place, `big-${String(nth)}`), random.bytes(random.int(1, MIB)));
  const gone: string[] = [];
  for (let count = Math.min(deletions, names.length - 5); count > 0; count -= 1)
    gone.push(...names.splice(random.int(0, names.length - 1), 1));
  mkdirSync(asideOf(world), { recursive: true });
  if (gone.length > 0) await execa('cp', ['-a', '--', ...gone, asideOf(world)], { cwd: place });
  for (const name of gone) rmSync(join(place, name));
  for (const name of names.slice(0, 2)) writeFileSync(join(place, name), random.bytes(500));
  await execa('sync', ['--file-system', world.flux]); // no power cut takes away what we made
  return gone;
}

/** What a run was not allowed to delete is there again, so that the next round begins with nothing held. */
async function putBack(world: World): Promise<void> {
  await execa('cp', ['-a', '--', `${asideOf(world)}/.`, dataOf(world)]);
}
