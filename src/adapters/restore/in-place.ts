import { type FileHandle, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Amount, Conflicts } from '../../domain/restore.js';
import { entryPath, mountIdOf, openEntry, within } from '../folder-entry.js';
import { namesOf } from './beside.js';
import { TREE } from './fetch.js';
import { inOwnFolder, keptPath } from './ground.js';
import { type TreeAttributes, readTreeAttributes } from './attributes.js';
import { type Kept, makeRootLike } from './kept.js';
import { relinkStaged } from './links.js';
import { type Loosened, meantModes } from './loosen.js';
import { type MergeSetting, keyOf, mergeFolder } from './merge.js';
import type { RestoreRecord } from './record.js';
import { conflictReportPath, openConflictReport } from './report.js';
import { amountIn } from './scan.js';
import type { RestoreSetting } from './setting.js';
import { FOLDER_TIMES } from './verify.js';

const FolderTimes = z.array(z.tuple([z.string(), z.string()]));

export interface Merged {
  unchanged: Amount;
  conflicts: Conflicts;
  /** What of the restored was given up, as the policy is to keep what is there. */
  lost: Amount;
  replaced: Amount & { keptAt?: string };
  /** Extended attributes were compared too. */
  areAttributesKnown: boolean;
}

/** Puts what was restored where it was, by the policy on conflicts (`merge.ts`). Safe to repeat. */
export async function putInPlace(
  setting: RestoreSetting,
  record: RestoreRecord & { target: { kind: 'in-place' } },
  { root, staging, loosened }: { root: FileHandle; staging: FileHandle; loosened: Loosened },
): Promise<Merged> {
  const { id, suffix, target } = record;
  const { ground, conflict: policy } = target;
  const report = await openConflictReport(conflictReportPath(setting.state, id));
  const times = await folderTimes(staging);
  const mount = await mountIdOf(root);
  try {
    return await inOwnFolder(root, ground, { own: 'kept', id }, async (kept) => {
      const attributes = await within(openEntry(staging, Buffer.from(TREE)), (tree) =>
        readTreeAttributes(tree, root, setting.signal),
      );
      const originals: Kept = {
        ...{ root: kept, live: root },
        attributesOf: (path) => attributes.live.get(path.length === 0 ? '.' : keyOf(path)),
      };
      await makeRootLike(originals);
      const merge = {
        ...{ attributes: comparable(record, attributes), folderModes: meantModes(loosened) },
        ...{ signal: setting.signal, tell: setting.tell, onStep: setting.onStep },
        ...{ policy, suffix: `.${suffix}`, mount, folderTimes: times },
        kept: originals,
        onConflict: report.add,
      };
      const unchanged: Amount = { files: 0, bytes: 0 };
      await within(openEntry(staging, Buffer.from(TREE)), async (tree) => {
        await relinkStaged({ ...merge, staging, tree, live: root });
        for (const isWanted of wantedBy(record)) {
          const same = await mergeFolder({ ...merge, isWanted }, { staged: tree, live: root, path: [] });
          unchanged.files += same.files;
          unchanged.bytes += same.bytes;
        }
      });
      await setting.onStep('merged');
      const replaced = await amountIn(kept, setting.signal);
      return {
        ...{ unchanged, ...report.result(), areAttributesKnown: attributes.isKnown },
        replaced: { ...replaced, ...(replaced.files > 0 && { keptAt: keptPath(ground, id) }) },
      };
    });
  } finally {
    await report.close();
  }
}

/** A mirror need not tell of attributes: what it does not tell is no difference. */
function comparable({ source }: RestoreRecord, { staged, live }: TreeAttributes) {
  if (!('remote' in source)) return { staged, live };
  return { staged, live: new Map([...live].filter(([path]) => staged.has(path))) };
}

type IsWanted = MergeSetting['isWanted'];

/** What is wanted, of each thing in its order. */
function wantedBy({ items, lead, order = items.map(({ path }) => path) }: RestoreRecord): IsWanted[] {
  const leading = lead === '' ? 0 : lead.split('/').length;
  return order.map((hex) => {
    const names = namesOf(Buffer.from(hex, 'hex'));
    return (path) => {
      const common = Math.min(names.length, path.length);
      if (!names.slice(0, common).every((name, index) => path[index]?.equals(name))) return 'no';
      return path.length >= names.length && path.length > leading ? 'wanted' : 'above';
    };
  });
}

async function folderTimes(staging: FileHandle): Promise<ReadonlyMap<string, bigint>> {
  const text = await readFile(entryPath(staging, Buffer.from(FOLDER_TIMES)), 'utf8');
  return new Map(FolderTimes.parse(JSON.parse(text)).map(([path, time]) => [path, BigInt(time)]));
}
