import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { FAILED_IN_A_ROW, PART_FAILURES, batchSize } from '../../domain/rebuild-order.js';
import type { EndedBatch, RebuildBatch, RebuildStepRequest } from '../../domain/rebuild-run.js';
import { OWN_FOLDER } from '../../domain/sentinel.js';
import { openBelow } from '../folder-below.js';
import { within } from '../folder-entry.js';
import { settleFolders } from './folders.js';
import { stateOf } from './progress.js';
import { addLacking } from './lacking.js';
import { sliceMirror } from './mirror.js';
import { requireSameRemote } from './pinned.js';
import { unreadParts } from './unread.js';
import {
  type Part,
  type RebuildRecord,
  whileRebuilding,
  readParts,
  readRebuild,
  writeRebuild,
} from './record.js';
import { TREE } from '../restore/fetch.js';
import { onGround, requireGround, volumeGround } from '../restore/ground.js';
import { removeMirrorFiles } from '../restore/mirror-files.js';
import { removeStaging } from '../restore/publish.js';
import { type RestoreRecord, forgetRestore, readRestore, writeRestore } from '../restore/record.js';
import type { RestoreSetting } from '../restore/setting.js';

/** The rebuild that a step belongs to. Fails with `RequestInvalid` if another run has taken it over, and with `EstateSkew`. */
export async function rebuildOf(
  setting: Pick<RestoreSetting, 'state' | 'host' | 'loaded'>,
  { volume, run }: RebuildStepRequest,
): Promise<RebuildRecord> {
  const { state, host } = setting;
  const record = await readRebuild(state, volume);
  if (record?.run === run) {
    requireSameRemote(setting, record);
    return record;
  }
  throw new FtsError('RequestInvalid', `host ${host} knows no rebuild of volume ${volume} by run ${run}`);
}

/**
 * Notes what became of a batch, and makes the next one ready. Safe to retry: what was noted is not noted again, and a batch that
 * is ready stays so.
 */
export async function nextBatch(
  setting: RestoreSetting,
  request: RebuildStepRequest & { ended?: EndedBatch },
): Promise<RebuildBatch> {
  const { state } = setting;
  return whileRebuilding(state, request.volume, async () => {
    let record = await rebuildOf(setting, request);
    const { ended } = request;
    const failure = ended && ended.batch === record.batch?.id ? ended.failure : undefined;
    record = failure ? await noteFailure(setting, record, failure) : await noteSuccess(setting, record);
    const parts = await readParts(state, record);
    if (record.batch === undefined && record.batches > 0)
      await forgetRestore(state, restoreId(record, record.batches - 1));
    if (record.batch === undefined && record.todo.length > 0) record = await take(setting, record, parts);
    const { resumes: _, ...told } = stateOf(record);
    const first = record.batch && parts[record.batch.parts[0] ?? -1];
    return {
      ...told,
      ...(record.batch && { batch: record.batch.id }),
      ...(first && { name: nameOf(first) }),
    };
  });
}

/** A part for people. */
export const nameOf = ({ path }: Pick<Part, 'path'>): string =>
  printableName(Buffer.from(path, 'hex')).path.slice(0, LONGEST_NAME);
const LONGEST_NAME = 200;

const restoreId = ({ id }: Pick<RebuildRecord, 'id'>, nth: number): string => `rebuild-${id}-${String(nth)}`;

/**
 * Takes the first parts that are left. The restore's record comes first: a batch that is on record can be restored.
 */
async function take(
  setting: RestoreSetting,
  record: RebuildRecord,
  parts: readonly Part[],
): Promise<RebuildRecord> {
  const { state } = setting;
  const ground = volumeGround(setting, record.volume);
  if (record.batches === 0) {
    await requireGround(setting, ground);
    await settleFolders(setting, record, { times: false });
  }
  const alone = new Set(record.alone);
  const left = record.todo.map((index) => ({
    alone: alone.has(index),
    bytes: parts[index]?.expected.bytes ?? 0,
  }));
  const taken = record.todo.slice(0, batchSize(left));
  const some = taken.flatMap((index) => parts[index] ?? []);
  const id = restoreId(record, record.batches);
  const restoring: RestoreRecord = {
    ...{ id, volume: record.volume, source: withoutNotes(record), base: record.base, lead: '' },
    request: createHash('sha256').update(id).digest('hex'),
    ...('remote' in record.source
      ? await sliceMirror(setting, record, { restore: id, parts: some })
      : { items: some.map(({ path, kind, expected }) => ({ path, kind, expected })) }),
    ...(record.versionAt !== undefined && { versionAt: record.versionAt }),
    ...{ target: { kind: 'in-place', ground, conflict: 'keep' }, mayLack: true },
    ...{ suffix: 'rebuilt', step: 'prepared', at: setting.now().toISOString() },
  };
  await writeRestore(state, restoring);
  const next = await writeRebuild(state, record, {
    todo: record.todo.slice(taken.length),
    batch: { id, parts: taken },
    batches: record.batches + 1,
  });
  await setting.onStep('rebuild-batch-taken');
  return next;
}

function withoutNotes({ source }: RebuildRecord): RestoreRecord['source'] {
  const { notes: _, ...rest } = source;
  return rest;
}

/** Counts what the present batch brought back, if its restore is over. */
async function noteSuccess(setting: RestoreSetting, record: RebuildRecord): Promise<RebuildRecord> {
  const { state } = setting;
  const { batch } = record;
  if (batch === undefined) return record;
  const restored = await readRestore(state, batch.id);
  const result = restored?.result;
  if (!restored || !result) return record;
  const ground = volumeGround(setting, record.volume);
  await requireGround(setting, ground);
  await removeStaging(ground, batch.id);
  await removeMirrorFiles(state, batch.id, restored.items.length);
  const next = await writeRebuild(state, record, {
    batch: undefined,
    failedInARow: 0,
    restored: sum(record.restored, result.restored),
    unchanged: sum(record.unchanged, result.unchanged),
    lacking: addLacking(record.lacking, result),
    failed: [...record.failed, ...(await unreadParts(state, record, result))],
    doneBytes: record.doneBytes + result.verified.bytes,
  });
  await setting.onStep('rebuild-batch-noted');
  return next;
}

const sum = (one: { files: number; bytes: number }, other: { files: number; bytes: number }) => ({
  files: one.files + other.files,
  bytes: one.bytes + other.bytes,
});

/** Notes that parts did not come back: of several each is tried alone, of one that is the end. */
async function noteFailure(
  setting: RestoreSetting,
  record: RebuildRecord,
  failure: { type: string; message: string },
): Promise<RebuildRecord> {
  const { batch, failedInARow } = record;
  const [part, ...others] = batch?.parts ?? [];
  const isTheirs = PART_FAILURES.has(failure.type) && failedInARow + 1 < FAILED_IN_A_ROW;
  const put = await dropBatch(setting, record);
  if (part === undefined) return put;
  if (!isTheirs)
    throw new FtsError(
      'ToolFailed',
      `${String(failedInARow + 1)} parts failed one after the other, the last with ${failure.type}: ${failure.message}`,
      `run \`fts rebuild ${record.volume}\` again once that is mended: it goes on`,
    );
  if (others.length > 0) return writeRebuild(setting.state, put, { alone: [...put.alone, part, ...others] });
  const message = failure.message.slice(0, LONGEST_MESSAGE);
  return writeRebuild(setting.state, put, {
    todo: put.todo.filter((index) => index !== part),
    failed: [...put.failed, { part, type: failure.type, message }],
    failedInARow: failedInARow + 1,
  });
}
const LONGEST_MESSAGE = 300;

/**
 * Puts the parts of the present batch back among those that are left. What it has in staging goes; what has its place keeps it.
 * Safe to repeat.
 */
export async function dropBatch(setting: RestoreSetting, record: RebuildRecord): Promise<RebuildRecord> {
  const { state } = setting;
  const { batch } = record;
  if (batch === undefined) return record;
  const ground = volumeGround(setting, record.volume);
  await requireGround(setting, ground);
  await removeStaging(ground, batch.id);
  const restoring = await readRestore(state, batch.id);
  const next = await writeRebuild(state, record, {
    batch: undefined,
    todo: [...batch.parts, ...record.todo],
  });
  if (restoring) {
    await removeMirrorFiles(state, batch.id, restoring.items.length);
    await forgetRestore(state, batch.id);
  }
  return next;
}

/** The rebuild with its present batch, if that can be gone on with: its restore is over, or has something in staging. */
export async function resumeBatch(setting: RestoreSetting, record: RebuildRecord): Promise<RebuildRecord> {
  const { batch, volume } = record;
  if (batch === undefined) return record;
  const restoring = await readRestore(setting.state, batch.id);
  if (restoring?.result) return record;
  const ground = volumeGround(setting, volume);
  await requireGround(setting, ground);
  const isStaged =
    restoring !== undefined &&
    (await onGround(ground, (root) => isFolder(root, [OWN_FOLDER, 'restores', batch.id, TREE])));
  return isStaged ? record : dropBatch(setting, record);
}

async function isFolder(root: FileHandle, names: readonly string[]): Promise<boolean> {
  try {
    return await within(openBelow(root, names, ''), () => Promise.resolve(true));
  } catch (error) {
    if (error instanceof FtsError && error.type === 'PathMissing') return false;
    throw error;
  }
}
