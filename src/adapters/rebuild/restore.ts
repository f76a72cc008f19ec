import type { FileHandle } from 'node:fs/promises';
import { readFile } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import type { RebuildStepRequest } from '../../domain/rebuild-run.js';
import type { Progress } from '../../domain/progress.js';
import { repositoriesOn } from '../../estate/lookup.js';
import { openBelow } from '../folder-below.js';
import { entryPath, within } from '../folder-entry.js';
import { lockPath } from '../locks.js';
import { whileLocked } from '../project/lock.js';
import { nameOf, rebuildOf } from './batch.js';
import { type RebuildRecord, whileRebuilding, readParts } from './record.js';
import { TREE, fetchRestore } from '../restore/fetch.js';
import { inOwnFolder, onGround } from '../restore/ground.js';
import { fetchFromMirror } from '../restore/mirror-fetch.js';
import { publishRestore } from '../restore/publish.js';
import { type RestoreRecord, readRestore } from '../restore/record.js';
import type { RestoreSetting } from '../restore/setting.js';
import { verifyRestore } from '../restore/verify.js';

/**
 * Brings the parts of a batch back, as a restore in place that keeps what is there: fetched into staging, verified, and only then
 * given their places. Safe to retry: goes on where the last attempt ended.
 */
export async function restoreBatch(
  setting: RestoreSetting,
  request: RebuildStepRequest & { batch: string },
): Promise<void> {
  const { state, loaded } = setting;
  await whileRebuilding(state, request.volume, async () => {
    const rebuild = await rebuildOf(setting, request);
    if (rebuild.batch?.id !== request.batch) return; // it is over, and noted
    let record = await readRestore(state, request.batch);
    if (record === undefined) throw new FtsError('StateCorrupt', `there is no record of ${request.batch}`);
    const told = await telling(setting, rebuild);
    if (record.step === 'prepared')
      record =
        'remote' in record.source ? await fetchFromMirror(told, record) : await fetchRestore(told, record);
    if (record.step === 'fetched') record = await verifyRestore(told, record);
    const { root } = record.target.ground;
    const shared = await lockPath(
      { name: 'restore', location: root, volumeRoot: root },
      { estate: loaded.estate.estate, state },
    );
    const verified = record;
    await whileLocked(shared, async () => {
      if (verified.result === undefined) await requireSameRepositories(setting, verified);
      await publishRestore(told, verified);
    });
  });
}

/** Tells the progress of all of a rebuild in place of that of a batch. */
async function telling(setting: RestoreSetting, rebuild: RebuildRecord): Promise<RestoreSetting> {
  const parts = await readParts(setting.state, rebuild);
  const first = parts[rebuild.batch?.parts[0] ?? -1];
  const done =
    rebuild.parts - rebuild.todo.length - rebuild.failed.length - (rebuild.batch?.parts.length ?? 0);
  const totalBytes = rebuild.total.bytes;
  return {
    ...setting,
    tell: ({
      bytes = 0,
      totalBytes: _,
      files: _files,
      totalFiles: _total,
      etaSeconds: _eta,
      ...progress
    }: Progress) => {
      const sum = Math.min(totalBytes, rebuild.doneBytes + bytes);
      const { bytesPerSecond } = progress;
      setting.tell({
        ...progress,
        ...{ bytes: sum, totalBytes, parts: done, totalParts: rebuild.parts },
        ...(first && { name: nameOf(first) }),
        ...(bytesPerSecond && { etaSeconds: Math.max(0, totalBytes - sum) / bytesPerSecond }),
      });
    },
  };
}

/**
 * Of a repository that was made anew on the volume meanwhile nothing is mixed with the one that comes back. Fails with
 * `DestinationExists`.
 */
async function requireSameRepositories(
  { loaded }: RestoreSetting,
  { volume, target: { ground }, id }: RestoreRecord,
): Promise<void> {
  const folders = repositoriesOn(loaded.estate, volume).map(({ path }) => path);
  if (folders.length === 0) return;
  await onGround(ground, (root) =>
    inOwnFolder(root, ground, { own: 'staging', id }, async (staging) => {
      for (const folder of folders) {
        const restored = await configOf(staging, [TREE, ...folder.split('/')]);
        if (restored === undefined) continue;
        const there = await configOf(root, folder.split('/'));
        if (there === undefined || there.equals(restored)) continue;
        throw new FtsError(
          'DestinationExists',
          `there is another repository at ${ground.root}/${folder} than the one that comes back`,
          'move it away, then run the rebuild again',
        );
      }
    }),
  );
}

/** What a repository of restic is known by. */
async function configOf(root: FileHandle, names: readonly string[]): Promise<Buffer | undefined> {
  try {
    return await within(openBelow(root, names, ''), (folder) =>
      readFile(entryPath(folder, Buffer.from('config'))),
    );
  } catch (error) {
    if (error instanceof FtsError && ['PathMissing', 'PathUnsafe'].includes(error.type)) return undefined;
    if (error instanceof Error && 'code' in error && ['ENOENT', 'EISDIR'].includes(String(error.code)))
      return undefined;
    throw error;
  }
}
