import { openBelow } from '../folder-below.js';
import { within } from '../folder-entry.js';
import type { Folder, RebuildRecord } from './record.js';
import { settleFolder } from '../restore/folder-times.js';
import { onGround, volumeGround } from '../restore/ground.js';
import type { RestoreSetting } from '../restore/setting.js';

/**
 * Gives the folders that parts lie in, made where they are missing, the owner and mode that they had, and at the end their times:
 * the deepest first, as what is done in a folder changes its time. Safe to repeat.
 */
export async function settleFolders(
  setting: RestoreSetting,
  { folders, volume }: Pick<RebuildRecord, 'folders' | 'volume'>,
  { times }: { times: boolean },
): Promise<void> {
  const ground = volumeGround(setting, volume);
  const depth = ({ path }: Folder): number => path.split('/').length;
  await onGround(ground, async (root) => {
    for (const folder of [...folders].sort((one, other) => depth(other) - depth(one))) {
      const names = folder.path.split('/').map((name) => Buffer.from(name));
      await within(openBelow(root, names, ground.root, { make: true }), async (live) => {
        const { uid, gid } = await live.stat({ bigint: true });
        const asRoot = process.getuid?.() === 0;
        const wanted = {
          mode: BigInt(folder.mode),
          uid: asRoot ? BigInt(folder.uid) : uid,
          gid: asRoot ? BigInt(folder.gid) : gid,
        };
        await settleFolder(live, wanted, times ? BigInt(folder.modifiedNs) : undefined);
        await setting.onStep('folder-settled');
      });
    }
  });
}
