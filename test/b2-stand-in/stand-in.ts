import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { onTestFinished } from 'vitest';
import type { ApplicationKey } from '../../src/b2-stand-in/access.js';
import { startB2StandIn, type B2StandIn } from '../../src/b2-stand-in/server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

export const BUCKET = 'fts-test-bucket';

/** May do everything. */
export const MASTER: ApplicationKey = {
  id: 'master-id',
  key: 'master-secret',
  capabilities: [
    ...(['listBuckets', 'writeBuckets', 'deleteBuckets', 'listFiles'] as const),
    ...(['readFiles', 'writeFiles', 'deleteFiles', 'shareFiles'] as const),
  ],
};

/** What a mirror gets: one bucket, and no way to destroy a version. */
export const MIRROR: ApplicationKey = {
  id: 'mirror-id',
  key: 'mirror-secret',
  capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'],
  bucket: BUCKET,
};

/** What somebody gets who only looks: nothing can be written with it, locks neither. */
export const READER: ApplicationKey = {
  id: 'reader-id',
  key: 'reader-secret',
  capabilities: ['listBuckets', 'listFiles', 'readFiles'],
  bucket: BUCKET,
};

export const KEYS = [MASTER, MIRROR, READER];

/** A stand-in with one bucket, in a folder of its own; both go when the test ends. */
export async function testStandIn(directory?: string): Promise<B2StandIn & { directory: string }> {
  const place = directory ?? join(await temporaryFolder(), 'b2');
  const standIn = await startB2StandIn({ directory: place, keys: KEYS, buckets: [BUCKET] });
  onTestFinished(() => standIn.close());
  return { ...standIn, directory: place };
}

/** rclone with the remote `b2:` on the stand-in, and no patience beyond its low-level retries. */
export function rclone(
  { endpoint }: Pick<B2StandIn, 'endpoint'>,
  args: readonly string[],
  { key = MASTER, ...options }: Options & { key?: ApplicationKey } = {},
) {
  return execa('rclone', ['--retries', '1', ...args], {
    reject: false,
    ...options,
    env: remoteEnvironment(endpoint, key),
  });
}

/** Declares the remote `b2:` to rclone, and to restic's `rclone:`. */
export const remoteEnvironment = (endpoint: string, { id, key }: ApplicationKey): Record<string, string> => ({
  RCLONE_CONFIG: '/dev/null',
  RCLONE_CONFIG_B2_TYPE: 'b2',
  RCLONE_CONFIG_B2_ACCOUNT: id,
  RCLONE_CONFIG_B2_KEY: key,
  RCLONE_CONFIG_B2_ENDPOINT: endpoint,
});

export const sha1Of = (content: string | Buffer): string => createHash('sha1').update(content).digest('hex');
