import { type FileHandle, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Amount, Conflicts } from '../domain/restore.js';
import { entryPath, mountIdOf, openEntry, within } from './folder-entry.js';
import { namesOf } from './restore-beside.js';
import { TREE } from './restore-fetch.js';
import { inOwnFolder, keptPath } from './restore-ground.js';
import { makeRootLike } from './restore-kept.js';
import { mergeFolder } from './restore-merge.js';
import type { RestoreRecord } from './restore-record.js';
import { openConflictReport } from './restore-report.js';
import { amountIn } from './restore-scan.js';
import type { RestoreSetting } from './restore-setting.js';
import { FOLDER_TIMES } from './restore-verify.js';

const FolderTimes = z.array(z.tuple([z.string(), z.string()]));

export interface Merged {
  unchanged: Amount;
  conflicts: Conflicts;
  /** What of the restored was given up, as the policy is to keep what is there. */
  lost: Amount;
  replaced: Amount & { keptAt?: string };
}

/** Puts what was restored where it was, by the policy on conflicts (`restore-merge.ts`). Safe to repeat. */
export async function putInPlace(
  setting: RestoreSetting,
  record: RestoreRecord & { target: { kind: 'in-place' } },
  { root, staging }: { root: FileHandle; staging: FileHandle },
): Promise<Merged> {
  const { id, suffix, target } = record;
  const { ground, conflict: policy } = target;
  const report = await openConflictReport(setting.state.path('reports', `restore-${id}.jsonl`));
  const times = await folderTimes(staging);
  const mount = await mountIdOf(root);
  try {
    return await inOwnFolder(root, ground, { own: 'kept', id }, async (kept) => {
      await makeRootLike({ root: kept, live: root });
      const merge = {
        ...{ signal: setting.signal, tell: setting.tell, onStep: setting.onStep },
        ...{ policy, suffix: `.${suffix}`, mount, folderTimes: times },
        kept: { root: kept, live: root },
        onConflict: report.add,
      };
      const unchanged: Amount = { files: 0, bytes: 0 };
      await within(openEntry(staging, Buffer.from(TREE)), async (tree) => {
        for (const isWanted of wantedBy(record)) {
          const same = await mergeFolder({ ...merge, isWanted }, { staged: tree, live: root, path: [] });
          unchanged.files += same.files;
          unchanged.bytes += same.bytes;
        }
      });
      await setting.onStep('merged');
      const replaced = await amountIn(kept, setting.signal);
      return {
        ...{ unchanged, ...report.result() },
        replaced: { ...replaced, ...(replaced.files > 0 && { keptAt: keptPath(ground, id) }) },
      };
    });
  } finally {
    await report.close();
  }
}

/** What is wanted, of each thing in its order. */
function wantedBy({ items, order = items.map(({ path }) => path) }: RestoreRecord) {
  return order.map((hex) => {
    const names = namesOf(Buffer.from(hex, 'hex'));
    return (path: readonly Buffer[]): 'wanted' | 'above' | 'no' => {
      const common = Math.min(names.length, path.length);
      if (!names.slice(0, common).every((name, index) => path[index]?.equals(name))) return 'no';
      return path.length >= names.length ? 'wanted' : 'above';
    };
  });
}

async function folderTimes(staging: FileHandle): Promise<ReadonlyMap<string, bigint>> {
  const text = await readFile(entryPath(staging, Buffer.from(FOLDER_TIMES)), 'utf8');
  return new Map(FolderTimes.parse(JSON.parse(text)).map(([path, time]) => [path, BigInt(time)]));
}
