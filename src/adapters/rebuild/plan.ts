import { randomBytes } from 'node:crypto';
import { FtsError } from '../../domain/failures.js';
import type { RebuildPlan, RebuildRequest, RebuildState } from '../../domain/rebuild-run.js';
import { remoteDigest, requireSameRemote } from './pinned.js';
import { lookAgain } from './look-again.js';
import { dropBatch, resumeBatch } from './batch.js';
import { isUnderWay, stateOf } from './progress.js';
import { lookForRebuild } from './look.js';
import { amountOf, countsOf, firstOf } from './parts.js';
import { removeRebuildFiles } from './mirror.js';
import {
  type RebuildRecord,
  dropParts,
  whileRebuilding,
  readParts,
  readRebuild,
  writeParts,
  writeRebuild,
} from './record.js';
import { requireGround, requireRoom, volumeGround } from '../restore/ground.js';
import { isAsListed, previewOf } from '../restore/preview.js';
import type { RestoreSetting } from '../restore/setting.js';
import { sweepStaging } from '../restore/sweep.js';
import { readVolumeRecord } from '../volume/record.js';

/** So many names are told. */
const LISTED = 50;

/** What a rebuild would do: of one that did not end, what is left. Writes nothing on the volume. */
export async function planRebuild(setting: RestoreSetting, request: RebuildRequest): Promise<RebuildPlan> {
  const { volume } = request;
  const known = await goneOnWith(setting, request);
  const ground = volumeGround(setting, volume);
  if (known) {
    const parts = await readParts(setting.state, known);
    const left = [...known.todo, ...known.failed.map(({ part }) => part)].flatMap(
      (index) => parts[index] ?? [],
    );
    const restored = amountOf(left);
    await requireRoom(setting, ground, restored.bytes);
    return {
      ...{ volume, source: known.source, resumes: true, restored, unchanged: known.unchanged },
      parts: { ...countsOf(parts), done: known.parts - left.length, first: firstOf(left) },
      ...(await about(setting, request, known)),
    };
  }
  const id = randomBytes(4).toString('hex');
  try {
    let preview = previewOf(ground.root, 'keep');
    const begin = (isListed: boolean) => {
      preview = previewOf(ground.root, 'keep', isListed ? isAsListed : undefined);
      return preview.add;
    };
    const { source, parts } = await lookForRebuild(setting, request, { id, begin });
    const { unchanged } = preview.result();
    const total = amountOf(parts);
    await requireRoom(setting, ground, total.bytes - unchanged.bytes);
    return {
      ...{ volume, source, resumes: false, unchanged },
      restored: { files: total.files - unchanged.files, bytes: Math.max(0, total.bytes - unchanged.bytes) },
      parts: { ...countsOf(parts), done: 0, first: firstOf(parts) },
      ...(await about(setting, request, { source })),
    };
  } finally {
    await removeRebuildFiles(setting.state, id);
  }
}

/**
 * Settles what a volume is rebuilt from and records the parts in their order, or goes on with a rebuild that did not end. Safe
 * to retry: what this run has recorded stays.
 */
export async function prepareRebuild(
  setting: RestoreSetting,
  request: RebuildRequest & { run: string },
): Promise<RebuildState> {
  const { state } = setting;
  const { volume, run } = request;
  return whileRebuilding(state, volume, async () => {
    const before = await readRebuild(state, volume);
    if (before?.run === run) return stateOf(before);
    const known = await goneOnWith(setting, request);
    await sweepStaging(setting, volumeGround(setting, volume));
    if (known) {
      return stateOf(await goOn(setting, known, run));
    }
    if (before) await forget(setting, before);
    const begun = await begin(setting, request);
    if (before) await dropParts(state, before, begun);
    return stateOf(begun);
  });
}

/** Goes on with what is left, and tries again what did not come back. */
async function goOn(setting: RestoreSetting, known: RebuildRecord, run: string): Promise<RebuildRecord> {
  const {
    endedAt: _,
    result: _result,
    ...kept
  } = known.isPart
    ? await lookAgain(setting, await dropBatch(setting, known))
    : await resumeBatch(setting, known);
  const todo = [...kept.todo, ...kept.failed.map(({ part }) => part)];
  const next = { ...kept, run, resumed: true, todo, failed: [], failedInARow: 0 };
  const written = await writeRebuild(setting.state, next);
  await setting.onStep('rebuild-resumed');
  await dropParts(setting.state, known, written);
  return written;
}

async function begin(
  setting: RestoreSetting,
  request: RebuildRequest & { run: string },
): Promise<RebuildRecord> {
  const { state, now } = setting;
  const { volume, run } = request;
  const id = randomBytes(4).toString('hex');
  const looked = await lookForRebuild(setting, request, { id });
  const { source, base, versionAt, folders, ways, projects, parts, isPart } = looked;
  const remote = remoteDigest(setting, source);
  const beganAt = now().toISOString();
  const record: RebuildRecord = {
    ...{ id, volume, run, source, base, folders, ways, projects, beganAt, at: beganAt },
    ...{ asked: askedOf(request), resumed: false },
    tree: await treeOf(setting, volume),
    ...(versionAt !== undefined && { versionAt }),
    ...(isPart && { isPart }),
    ...(remote !== undefined && { remote }),
    ...{ total: amountOf(parts), parts: parts.length, todo: parts.map((_part, index) => index) },
    ...{ listing: 0, alone: [], failed: [], lacking: {}, failedInARow: 0, batches: 0, doneBytes: 0 },
    ...{ restored: { files: 0, bytes: 0 }, unchanged: { files: 0, bytes: 0 } },
  };
  await writeParts(state, record, parts);
  await setting.onStep('rebuild-parts');
  await writeRebuild(state, record);
  await setting.onStep('rebuild-recorded');
  return record;
}

/** Removes what an earlier rebuild left on this host; what it brought back stays where it is. */
async function forget(setting: RestoreSetting, before: RebuildRecord): Promise<void> {
  if (before.tree === (await treeOf(setting, before.volume))) await dropBatch(setting, before);
  await removeRebuildFiles(setting.state, before.id);
}

/** The rebuild that did not end, if that is what is asked for. */
async function goneOnWith(
  setting: RestoreSetting,
  request: RebuildRequest,
): Promise<RebuildRecord | undefined> {
  if (request.restart) return undefined;
  const known = await readRebuild(setting.state, request.volume);
  if (known === undefined || !isUnderWay(known)) return undefined;
  if (known.tree !== (await treeOf(setting, request.volume))) return undefined;
  await requireGround(setting, volumeGround(setting, request.volume));
  if (meansOther(request, known)) return undefined;
  requireSameRemote(setting, known);
  return known;
}

/** Whether another source is named than that of a rebuild on record. */
function meansOther(request: RebuildRequest, { asked, source }: RebuildRecord): boolean {
  const { repository, remote, snapshot, at } = request;
  if ('remote' in source) {
    if (repository !== undefined || snapshot !== undefined) return true;
    return (remote !== undefined && remote !== source.remote) || (at !== undefined && at !== asked.at);
  }
  if (remote !== undefined) return true;
  if (repository !== undefined && repository !== source.repository) return true;
  if (snapshot !== undefined && snapshot !== asked.snapshot && !source.snapshotId.startsWith(snapshot))
    return true;
  return at !== undefined && at !== asked.at;
}

const askedOf = ({ repository, remote, snapshot, at }: RebuildRequest): Record<string, string> => ({
  ...(repository !== undefined && { repository }),
  ...(remote !== undefined && { remote }),
  ...(snapshot !== undefined && { snapshot }),
  ...(at !== undefined && { at }),
});

/** What tells the present tree of a volume from that of another drive. */
async function treeOf({ state }: RestoreSetting, volume: string): Promise<string> {
  const created = (await readVolumeRecord(state, volume))?.created;
  if (created !== undefined) return created;
  throw new FtsError(
    'VolumeUnavailable',
    `this host has no record of volume ${volume}`,
    `\`fts provision ${volume}\` first`,
  );
}

/** The room on the volume, and what the jobs that fill the source leave out. */
async function about(
  setting: RestoreSetting,
  { volume }: RebuildRequest,
  { source }: Pick<RebuildRecord, 'source'>,
): Promise<Pick<RebuildPlan, 'room' | 'without'>> {
  const space = await requireGround(setting, volumeGround(setting, volume));
  const { freeBytes } = space;
  const jobs = Object.values(setting.loaded.estate.jobs).flatMap((job) => {
    if (!('exclude' in job) || job.volume !== volume) return [];
    const isIts =
      job.kind === 'mirror'
        ? 'remote' in source && source.remote === job.remote
        : 'repository' in source && source.repository === job.repository;
    return isIts ? [[...job.exclude, ...job.excludePatterns]] : [];
  });
  const [first = [], ...others] = jobs;
  return {
    room: freeBytes === undefined ? null : Math.max(0, freeBytes - setting.reserveOf(space)),
    without: first.filter((name) => others.every((names) => names.includes(name))).slice(0, LISTED),
  };
}
