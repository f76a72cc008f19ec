import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { attributesOf, giveAttributes } from '../checkers/attributes.js';
import {
  PREFIX,
  type Repository,
  type Taken,
  checkPresence,
  checkRepository,
  checkRestore,
  localRepository,
  remoteRepository,
} from '../checkers/repository.js';
import { treeOf } from '../checkers/tree.js';
import { diskFull, powerCut, readOnly, shutDownDisk, vanish } from '../faults/disks.js';
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
import { twinHost, twinOfSleeping } from '../faults/twin.js';
import { BUCKET } from '../remote.js';
import type { Answer, Round, Scenario, Stage } from '../scenario.js';
import type { Moments } from '../schedule.js';
import type { Random } from '../seeded.js';
import { nameSense, toolSense } from '../senses.js';
import type { World } from '../world.js';

const MIB = 1024 ** 2;
const KEEP = 3;

/** What is new in a round takes some seconds to store at this rate, in which things can go wrong. */
const RATE = '1M';
const NEW_BYTES = 2 * MIB;

const MOMENTS: Moments = { 'tool restic backup': 1, 'tool restic forget': 1, journal: 1 };
const NEAR: Moments = { ...MOMENTS, pack: 1, index: 1, snapshot: 1, lock: 2 };
const FAR: Moments = { ...MOMENTS, 'tool rclone': 2 };

interface Kept {
  repository: Repository;
  taken: Taken[];
}

/** A snapshot to a repository on another volume, or a backup to one behind rclone, and what forget leaves of them. */
export const snapshot: Scenario = {
  name: 'snapshot',
  declare: ({ endpoint }) => {
    const job = { volume: 'flux', keep: { last: KEEP }, bandwidth: RATE };
    return {
      directories: { flux: ['data'], space: [] },
      sections: {
        remotes: {
          b2: {
            ...{ type: 'b2', path: BUCKET, options: { endpoint } },
            secrets: { account: 'restic-id', key: 'restic-key' },
          },
        },
        repositories: {
          local: { host: 'here', volume: 'space', path: 'local', password: 'password' },
          far: { host: 'here', remote: 'b2', path: PREFIX, password: 'password' },
        },
        jobs: {
          save: { kind: 'snapshot', repository: 'local', ...job },
          offsite: { kind: 'backup', repository: 'far', ...job },
        },
      },
    };
  },
  begin: (world, random) => {
    const kept: Record<'near' | 'far', Kept> = {
      near: { repository: localRepository(world), taken: [] },
      far: { repository: remoteRepository(world), taken: [] },
    };
    makeData(world, random);
    const stage: Stage = {
      round: async (inRound) => {
        const place = inRound.chance(0.5) ? kept.near : kept.far;
        // Runs without faults first, so that forget has something to do.
        while (place.taken.length < KEEP) await quietRun(world, random, place);
        return makeRound(world, inRound, place);
      },
    };
    return Promise.resolve(stage);
  },
};

async function makeRound(world: World, random: Random, kept: Kept): Promise<Round> {
  const { repository, taken } = kept;
  const { job } = repository;
  const isFar = job === 'offsite';
  const next = await change(world, random);
  return {
    job,
    moments: isFar ? FAR : NEAR,
    senses: [
      toolSense(world),
      nameSense('journal', join(world.state, 'journal')),
      nameSense('pack', join(world.space, 'local', 'data'), true),
      nameSense('index', join(world.space, 'local', 'index')),
      nameSense('snapshot', join(world.space, 'local', 'snapshots')),
      nameSense('lock', join(world.space, 'local', 'locks')),
    ],
    faults: [
      ...[killHost, killControl, killTool([]), killTemporal, killAll, powerCut],
      ...[killHostOfStopped, twinOfSleeping],
      ...[pauseHost, pauseControl, pauseTemporal, pauseTool, pauseHostLong, twinHost],
      ...[readOnly('flux'), vanish('flux'), shutDownDisk('flux')],
      ...(isFar
        ? [...REMOTE_FAULTS, pauseRemote]
        : [
            ...[diskFull('space', ['DestinationFull', 'VolumeUnavailable'])],
            ...[readOnly('space'), vanish('space'), shutDownDisk('space')],
          ]),
    ],
    look: () => checkPresence(world, repository, taken),
    atEnd: async (answers) => {
      const id = snapshotOf(answers.at(-1));
      if (id === undefined) return ['the complete run names no snapshot'];
      taken.push({ id, ...next });
      const wrong = await checkRepository(world, repository, { taken, keep: KEEP });
      const ids = await repository.ids();
      const older = random.pick(taken.filter((one) => ids.includes(one.id)));
      return [
        ...wrong,
        ...(await checkRestore(world, repository, { id, ...next })),
        ...(older.id === id ? [] : await checkRestore(world, repository, older)),
      ];
    },
  };
}

const snapshotOf = (answer: Answer | undefined): string | undefined =>
  (answer?.result as { snapshotId?: string } | null | undefined)?.snapshotId;

async function quietRun(world: World, random: Random, { repository, taken }: Kept): Promise<void> {
  const next = await change(world, random, 1000);
  const { stdout, stderr } = await world.fts('run', repository.job, '--json');
  const id = snapshotOf(JSON.parse(stdout) as Answer);
  if (id === undefined) throw new Error(`without any fault: ${stdout}${stderr}`);
  taken.push({ id, ...next });
}

const dataOf = ({ flux }: World): string => join(flux, 'data');

function makeData(world: World, random: Random): void {
  const place = dataOf(world);
  mkdirSync(join(place, 'deep', 'empty'), { recursive: true });
  for (let file = 0; file < 30; file += 1)
    writeFileSync(join(place, 'deep', `small-${String(file)}`), random.bytes(random.int(0, 3000)));
  linkSync(join(place, 'deep', 'small-0'), join(place, 'same'));
  symlinkSync('deep/small-1', join(place, 'link'));
  writeFileSync(Buffer.concat([Buffer.from(`${place}/not utf-8 `), Buffer.from([0xff])]), 'name');
}

/** What a day brings: something new, something changed, something gone. Nothing changes while a run is on. */
async function change(world: World, random: Random, newBytes = NEW_BYTES): Promise<Omit<Taken, 'id'>> {
  const place = dataOf(world);
  writeFileSync(join(place, 'big'), random.bytes(random.int(newBytes / 2, newBytes)));
  writeFileSync(join(place, `new-${String(random.int(1, 5))}`), random.bytes(random.int(1, 3000)));
  writeFileSync(join(place, 'deep', `small-${String(random.int(2, 9))}`), random.bytes(100));
  rmSync(join(place, 'deep', `small-${String(random.int(10, 29))}`), { force: true });
  await giveAttributes(join(place, 'big'));
  await execa('sync', ['--file-system', world.flux]); // no power cut takes away what we made
  return { tree: await treeOf(place), attributes: await attributesOf(place) };
}
