import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BUCKET, MIRROR, rclone, testStandIn } from '../b2-stand-in/stand-in.js';
import { lookBed } from './look-bed.js';

const mirror = { kind: 'mirror', volume: 'space', remote: 'cloud' };

/** A bucket that plain rclone filled, file after file, as a mirror of space. */
export async function lookB2Bed() {
  const standIn = await testStandIn();
  const cloud = {
    ...{ type: 'b2', path: `${BUCKET}/mirror`, options: { endpoint: standIn.endpoint } },
    secrets: { account: 'id', key: 'key' },
  };
  const bed = await lookBed({ remotes: { cloud }, jobs: { mirror } }, { id: MIRROR.id, key: MIRROR.key });
  onTestFinished(() => bed.remove());
  const plain = async (...args: string[]): Promise<void> => {
    const { exitCode, stderr } = await rclone(standIn, args);
    if (exitCode !== 0) throw new Error(String(stderr));
  };
  return {
    ...bed,
    endpoint: standIn.endpoint,
    put: async (name: string, content: string): Promise<void> => {
      const folder = join(bed.folder, 'upload');
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
      await plain('copy', '--links', folder, `b2:${BUCKET}/mirror`);
      await rm(folder, { recursive: true });
    },
    remove: (name: string): Promise<void> => plain('deletefile', `b2:${BUCKET}/mirror/${name}`),
  };
}
