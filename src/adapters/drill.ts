import { mkdir } from 'node:fs/promises';
import {
  type DrillMismatch,
  type DrillResult,
  type DrillSource,
  type DrilledSnapshot,
  drillProblem,
  drillResult,
} from '../domain/drill.js';
import { coverageOf, drilledBefore, projectsDue } from '../domain/drill-coverage.js';
import { FtsError } from '../domain/failures.js';
import { printableName } from '../domain/names.js';
import { formatSize } from '../domain/units.js';
import { anchorOf } from './drill/anchor.js';
import { eachFile } from './drill/files.js';
import { type Judgement, judge, negativeControl } from './drill/judge.js';
import { type DrilledSource, readDrill, writeDrill } from './drill/record.js';
import { restoreFiles } from './drill/restore.js';
import { inScratch } from './drill/scratch.js';
import { type Chosen, DrillSelection } from './drill/selection.js';
import type { DrillSetting } from './drill/setting.js';
import { type Drillable, ageOf, findDrillable } from './drill/snapshots.js';
import { lockPath } from './locks.js';
import { whileLocked } from './project/lock.js';

const MOST_NAMED = 25;
const MOST_TEXT = 4096;
const LONGEST_MESSAGE = 300;

/**
 * Restores a sample of the newest complete snapshots into a scratch place and compares it. Writes nothing else, but, if
 * all is well, the record of what was drilled. Safe to repeat.
 *
 * The process may die on any line: what lies in the scratch place goes with the next drill of the job, and the record is
 * the old one or the new one, so that a drill whose end nobody heard of is at worst made again.
 */
export async function drillRepository(setting: DrillSetting): Promise<DrillResult> {
  const { state, job, loaded, repository } = setting;
  const lockable = { name: `drill-${job}`, location: state.path('drills', job), volumeRoot: undefined };
  const lock = await lockPath(lockable, { estate: loaded.estate.estate, state });
  return whileLocked(lock, async () => {
    const record = await readDrill(state, job);
    const earlier = record?.repository === repository.name ? record.sources : [];
    const done: Drilled[] = [];
    for (const drillable of await findDrillable(setting)) {
      const { source } = drillable;
      const last = earlier.find((one) => one.job === (source.job ?? '') && one.volume === source.volume);
      done.push(await drillSnapshot(setting, drillable, last));
    }
    const result = drillResult(done.map(({ found }) => found));
    if (drillProblem(result) !== undefined) return withEarlierCoverage(result, done);
    await writeDrill(state, {
      job,
      repository: repository.name,
      sources: done.map(({ record: one }) => one),
    });
    await setting.onStep('recorded');
    return result;
  });
}

interface Drilled {
  found: DrillSource & DrilledSnapshot;
  record: DrilledSource;
  /** What was covered before. */
  coveredBefore: number;
}

async function drillSnapshot(
  setting: DrillSetting,
  drillable: Drillable,
  last: DrilledSource | undefined,
): Promise<Drilled> {
  const { state, job, repository, terms, signal, onStep } = setting;
  const { source, snapshot, live } = drillable;
  const now = setting.now();
  const place = { repository, snapshotId: snapshot.id, signal };
  const selection = await look(setting, drillable, last);
  const projects = selection.projects();
  const before = drilledBefore(last?.drilled ?? [], projects, now);
  const cadence = { now: now.getTime(), ...terms };
  const { files, anchor, unnameable } = selection.choose(projectsDue(projects, before, cadence));
  requireRoom(drillable, files);

  const root = live?.root ?? (await ownRoot(state));
  const ended = await inScratch({ root, job, onStep }, async (scratch) => {
    const restored = await restoreFiles(setting, { ...place, ...scratch, files });
    await onStep('restored');
    const judgement = await judge(setting, { place, scratch, files, restored, live: live?.root });
    const anchored = anchor && (await anchorOf(anchor, scratch, { judgement, last: last?.anchor }));
    await onStep('compared');
    return { restored, judgement, anchored, control: await negativeControl(scratch, judgement) };
  });
  const { restored, judgement, anchored, control } = ended;
  const { equal, different } = judgement;
  const compared = [...equal, ...different].map(({ file }) => file);
  const bytes = sizeOf(compared);
  const drilled = new Map(before);
  for (const { file } of equal) if (file.project !== undefined) drilled.set(file.project, now.toISOString());
  const differing = namedOf(different);
  return {
    coveredBefore: coverageOf(projects, before, cadence).drilled,
    found: {
      ...(source.job !== undefined && { job: source.job }),
      ...(source.volume !== undefined && { volume: source.volume }),
      snapshotId: snapshot.id,
      snapshotAge: ageOf(snapshot, now),
      ...(source.maxAgeSeconds !== undefined && { snapshotMaxAge: source.maxAgeSeconds }),
      compared: { files: compared.length, bytes },
      comparedLive: equal.filter(({ how }) => how === 'live').length,
      mismatches: different.length,
      ...(differing.length > 0 && { differing }),
      notComparable: judgement.notComparable + unnameable,
      negativeControl: control,
      bytesPerSecond: restored.seconds > 0 ? Math.round(sizeOf(files) / restored.seconds) : 0,
      coverage: coverageOf(projects, drilled, cadence),
      ...(restored.unlocked && { unlocked: true as const }),
      ...(anchored && { anchor: { ...printableName(anchored.record.path), state: anchored.state } }),
    },
    record: {
      job: source.job ?? '',
      ...(source.volume !== undefined && { volume: source.volume }),
      ...{ snapshotId: snapshot.id, at: now.toISOString() },
      restored: { bytes: sizeOf(files), seconds: restored.seconds },
      ...(anchored && { anchor: anchored.record }),
      drilled: [...drilled],
    },
  };

  function sizeOf(some: readonly Chosen[]): number {
    return some.reduce((sum, { size }) => sum + size, 0);
  }
}

/** Where the scratch place of a repository lies that has no volume on this host. */
async function ownRoot(state: DrillSetting['state']): Promise<string> {
  await mkdir(state.path(), { recursive: true, mode: 0o700 });
  return state.path();
}

/** Reads the snapshot's list of files, and keeps what may be chosen. */
async function look(
  { repository, signal, terms, tell }: DrillSetting,
  { source, snapshot, base }: Drillable,
  last: DrilledSource | undefined,
): Promise<DrillSelection> {
  const selection = new DrillSelection({
    ...terms,
    folders: source.folders,
    anchor: last?.anchor?.path,
  });
  const cut = base === '/' ? 1 : base.length + 1;
  let files = 0;
  await eachFile({ repository, snapshotId: snapshot.id, signal }, base, (file) => {
    selection.offer(file, file.path.slice(cut));
    tell({ phase: 'list', files: (files += 1) });
  });
  return selection;
}

function requireRoom({ live }: Drillable, files: readonly Chosen[]): void {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (live?.roomBytes === undefined || bytes <= live.roomBytes) return;
  throw new FtsError(
    'DestinationFull',
    `${formatSize(bytes)} are to be restored for the drill, and the volume at ${live.root} has room for ${formatSize(live.roomBytes)}`,
    'make room on it, or declare less as `sampleBytes` of the job',
  );
}

/** A result is small: so many differing files are named, in so many characters. */
function namedOf(different: Judgement['different']): DrillMismatch[] {
  const all = different.map(({ file, message }) => ({
    ...printableName(file.path),
    message: printableName(message).path.slice(0, LONGEST_MESSAGE),
  }));
  let length = 0;
  return all
    .slice(0, MOST_NAMED)
    .filter(
      ({ path, message }, index) => (length += path.length + message.length) < MOST_TEXT || index === 0,
    );
}

/** A drill that did not succeed covers nothing. */
function withEarlierCoverage(result: DrillResult, done: readonly Drilled[]): DrillResult {
  const drilled = done.reduce((sum, { coveredBefore }) => sum + coveredBefore, 0);
  return { ...result, coverage: { ...result.coverage, drilled } };
}
