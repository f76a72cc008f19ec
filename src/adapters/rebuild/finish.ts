import { printableName } from '../../domain/names.js';
import type { FailedPart, RebuildResult, RebuildStepRequest } from '../../domain/rebuild-run.js';
import { rebuildOf } from './batch.js';
import { conflictsOf } from './conflicts.js';
import { settleFolders } from './folders.js';
import { removeRebuildFiles } from './mirror.js';
import { type Part, type RebuildRecord, readParts, whileRebuilding, writeRebuild } from './record.js';
import { SEPARATED } from './separated.js';
import { unreadOf } from './unread.js';
import { findOnVolume } from './verify.js';
import { openReport } from '../report.js';
import { requireGround, volumeGround } from '../restore/ground.js';
import type { RestoreSetting } from '../restore/setting.js';
import { readVolumeRecord, writeVolumeRecord } from '../volume/record.js';

/** So many parts that did not come back are in a result, and no more bytes than leave it below 12 KiB. */
const LISTED = 50;
const LISTED_BYTES = 2560;

/**
 * Gives the folders that parts lie in what they had, looks for all of the source on the volume, and writes the report. Safe to
 * repeat; tells its result again.
 */
export async function finishRebuild(
  setting: RestoreSetting,
  request: RebuildStepRequest,
): Promise<RebuildResult> {
  const { state } = setting;
  return whileRebuilding(state, request.volume, async () => {
    const record = await rebuildOf(setting, request);
    if (record.endedAt !== undefined && record.result) return record.result;
    const parts = await readParts(state, record);
    await requireGround(setting, volumeGround(setting, record.volume));
    setting.tell({ phase: 'verify' });
    await settleFolders(setting, record, { times: true });
    const { verified, missing, separated } = await findOnVolume(setting, record, parts);
    await requireGround(setting, volumeGround(setting, record.volume));
    const failed = [...record.failed];
    for (const [index, { nth }] of parts.entries()) {
      const gone = missing.get(nth);
      if (gone === undefined || failed.some(({ part }) => part === index)) continue;
      const message = `${String(gone.count)} of its entries are not on the volume at the end, the first ${gone.first}`;
      failed.push({ part: index, type: 'VerificationFailed', message: message.slice(0, 300) });
    }
    const report = await reportParts(setting, record, parts, failed);
    const conflicts = await conflictsOf(state, record);
    const unrestored = await unreadOf(state, record, failed);
    const { volume, restored, unchanged } = record;
    const result: RebuildResult = {
      source: withNotes(record, separated),
      ...{ volume, restored, unchanged, conflicts, verified, report },
      parts: { count: parts.length, done: parts.length - failed.length, failed: firstOf(parts, failed) },
      ...(unrestored && { unrestored }),
    };
    await writeRebuild(state, record, { failed, result, endedAt: setting.now().toISOString() });
    await setting.onStep('rebuild-ended');
    if (failed.length > 0) return result;
    await removeRebuildFiles(state, record.id);
    await noLongerEmpty(setting, volume);
    return result;
  });
}

/** The source, and what of it could not be brought back as it was in all parts together. */
function withNotes({ source, lacking }: RebuildRecord, separated: number): RebuildResult['source'] {
  const notes = [
    ...(source.notes ?? []),
    ...(separated > 0 ? [`${String(separated)} ${SEPARATED}`] : []),
    ...Object.entries(lacking).map(([what, count]) => (count === 0 ? what : `${String(count)} ${what}`)),
  ];
  return { ...source, ...(notes.length > 0 && { notes: notes.slice(0, NOTES) }) };
}

const NOTES = 20;

/** From now on a snapshot of the volume is one of all that was there. */
async function noLongerEmpty({ state }: RestoreSetting, volume: string): Promise<void> {
  const known = await readVolumeRecord(state, volume);
  if (known?.emptyAt === undefined) return;
  const { emptyAt: _, ...record } = known;
  await writeVolumeRecord(state, volume, record);
}

async function reportParts(
  { state }: RestoreSetting,
  { volume }: RebuildRecord,
  parts: readonly Part[],
  failed: RebuildRecord['failed'],
): Promise<string> {
  const report = await openReport(state.path('reports', `rebuild-${volume}.jsonl`));
  const failures = new Map(failed.map((one) => [one.part, one]));
  for (const [index, { path, newestMs, expected }] of parts.entries()) {
    const failure = failures.get(index);
    report.append({
      ...printableName(Buffer.from(path, 'hex')),
      ...{ files: expected.files, bytes: expected.bytes, newest: new Date(newestMs).toISOString() },
      outcome: failure ? 'failed' : 'done',
      ...(failure && { type: failure.type, message: failure.message }),
    });
  }
  await report.close();
  return report.path;
}

/** What cannot be read comes last: it is told by itself, too. */
function firstOf(parts: readonly Part[], failed: RebuildRecord['failed']): FailedPart[] {
  const first: FailedPart[] = [];
  let bytes = 0;
  const isUnread = ({ batch }: (typeof failed)[number]): number => Number(batch !== undefined);
  const sorted = [...failed].sort((one, other) => isUnread(one) - isUnread(other));
  for (const { part, type, message } of sorted.slice(0, LISTED)) {
    const path = Buffer.from(parts[part]?.path ?? '', 'hex');
    const entry = { ...printableName(path), type, message };
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (first.length > 0 && bytes > LISTED_BYTES) break;
    first.push(entry);
  }
  return first;
}
