import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Reading, checkRead, checkStill, dataOf, isLock, repositoryOf } from '../checkers/reading.js';
import { treeOf } from '../checkers/tree.js';
import { diskFull, powerCut, readOnly, shutDownDisk, vanish } from '../faults/disks.js';
import { killAll, killControl, killHost, killHostOfStopped, killTemporal, killTool } from '../faults/kill.js';
import { pauseControl, pauseHost, pauseTemporal, pauseTool } from '../faults/pause.js';
import type { Round, Scenario, Stage } from '../scenario.js';
import type { Moments } from '../schedule.js';
import type { Random } from '../seeded.js';
import { nameSense, toolSense } from '../senses.js';
import type { World } from '../world.js';

const MIB = 1024 ** 2;
const FILES = 40;

/** In so many rounds a byte of the repository is not what was stored. */
const DAMAGES = 0.3;

const MOMENTS: Record<Reading['job'], Moments> = {
  look: { 'tool restic cat': 1, 'tool restic check': 1, record: 1 },
  try: { 'tool restic snapshots': 1, 'tool restic ls': 1, 'tool restic restore': 1, scratch: 2, record: 1 },
};

/** All of a repository is read back, or every file of its newest snapshot restored and compared; some are damaged. */
export const check: Scenario = {
  name: 'check',
  declare: () => ({
    directories: { flux: ['data'], space: [] },
    sections: {
      repositories: { local: { host: 'here', volume: 'space', path: 'local', password: 'password' } },
      jobs: {
        save: { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 3 } },
        look: { kind: 'check', repository: 'local', readData: '1/1' },
        try: { kind: 'drill', repository: 'local', sample: 4 * FILES },
      },
    },
  }),
  begin: async (world, random) => {
    await makeData(world, random);
    const { stdout, stderr } = await world.fts('run', 'save', '--json');
    if (!stdout.includes('"outcome":"complete"')) throw new Error(`without any fault: ${stdout}${stderr}`);
    let isFirst = true; // which begins the world, and shows that all is well
    const stage: Stage = {
      round: async (inRound) => {
        const isWhole = isFirst || !inRound.chance(DAMAGES);
        isFirst = false;
        return makeRound(world, inRound, isWhole);
      },
    };
    return stage;
  },
};

async function makeRound(world: World, random: Random, isWhole: boolean): Promise<Round> {
  const job = random.chance(0.5) ? 'look' : 'try';
  const mend = isWhole ? () => undefined : damage(world, random);
  const repository = await treeOf(repositoryOf(world), { skip: isLock });
  const reading: Reading = { job, isWhole, repository, data: await treeOf(dataOf(world)) };
  await execa('sync', ['--file-system', world.space]); // no power cut takes away what we made
  return {
    job,
    moments: MOMENTS[job],
    expects: isWhole ? 'complete' : job === 'look' ? 'RepositoryDamaged' : 'VerificationFailed',
    senses: [
      toolSense(world),
      nameSense('scratch', join(world.flux, '.fts', 'drill', job), true),
      nameSense('record', join(world.state, job === 'look' ? 'checks' : 'drills')),
    ],
    faults: [
      ...[killHost, killControl, killTool([]), killTemporal, killAll, powerCut, killHostOfStopped],
      ...[pauseHost, pauseControl, pauseTemporal, pauseTool],
      ...(['flux', 'space'] as const).flatMap((place) => [
        readOnly(place),
        vanish(place),
        shutDownDisk(place),
      ]),
      ...(job === 'try' ? [diskFull('flux', ['DestinationFull', 'VolumeUnavailable'])] : []),
    ],
    look: () => checkStill(world, reading),
    atEnd: async (answers) => {
      const violations = [...(await checkStill(world, reading)), ...checkRead(world, reading, answers)];
      mend();
      return violations;
    },
  };
}

async function makeData(world: World, random: Random): Promise<void> {
  const place = dataOf(world);
  await mkdir(join(place, 'deep'), { recursive: true });
  for (let file = 0; file < FILES; file += 1)
    writeFileSync(join(place, 'deep', `small-${String(file)}`), random.bytes(random.int(1, 30_000)));
  for (let file = 0; file < 3; file += 1)
    writeFileSync(join(place, `big-${String(file)}`), random.bytes(random.int(MIB, 4 * MIB)));
  await execa('sync', ['--file-system', world.flux]);
}

/** Changes a byte of what a file in the volume holds, in the repository; the answer makes it good again. */
function damage(world: World, random: Random): () => void {
  const folder = join(repositoryOf(world), 'data');
  const packs = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const whole = packs.map((path) => ({ path, content: readFileSync(path) }));
  const { path, content } = random.pick(whole.filter((pack) => pack.content.length > MIB));
  const changed = Buffer.from(content);
  const place = random.int(0, MIB / 2);
  changed[place] = (changed[place] ?? 0) ^ 1;
  writeFileSync(path, changed);
  return () => {
    writeFileSync(path, content);
  };
}
