import { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import type { LifecycleRule } from '../domain/lifecycle.js';
import type { RcloneRemote } from './rclone-remote.js';
import { runRclone } from './rclone.js';

const Days = z
  .number()
  .nullish()
  .transform((days) => days ?? null);

const Rules = z
  .array(
    z.object({
      fileNamePrefix: z.string(),
      daysFromUploadingToHiding: Days,
      daysFromHidingToDeleting: Days,
      daysFromStartingToCancelingUnfinishedLargeFiles: Days,
    }),
  )
  .nullable()
  .transform((rules) => rules ?? []);

/** A bucket of a B2 remote, as rclone names it: `fts:bucket`. */
interface Bucket {
  remote: RcloneRemote;
  location: string;
}

/** The rules of a bucket. The key needs listBuckets. Fails as `runRclone` does: `PathMissing` if there is no such bucket. */
export async function readLifecycle({ remote, location }: Bucket): Promise<LifecycleRule[]> {
  const { stdout } = await runRclone(remote, { args: ['backend', 'lifecycle', location], locked: false });
  const rules = Rules.safeParse(parsed(stdout));
  if (rules.success) return rules.data;
  throw new FtsError(
    'ToolFailed',
    `remote ${remote.name}: rclone does not tell the bucket's lifecycle rules`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Puts one rule in place of all that the bucket has: rclone can set no other than one for the whole bucket. The key
 * needs writeBuckets, or it fails with `RemoteDenied`. Safe to repeat.
 */
export async function writeLifecycle({ remote, location }: Bucket, rule: LifecycleRule): Promise<void> {
  if (rule.fileNamePrefix !== '') throw new RangeError('rclone sets rules for whole buckets only');
  const { fileNamePrefix, ...days } = rule;
  const options = Object.entries(days).filter(([, value]) => value !== null);
  await runRclone(remote, {
    args: [
      'backend',
      'lifecycle',
      location,
      ...options.flatMap(([name, value]) => ['-o', `${name}=${String(value)}`]),
    ],
    locked: false,
  });
}

/** Whether all that a bucket holds, hidden versions too, lies below a folder (`a/b/`). One listing a component. */
export async function holdsNothingElse({ remote, location }: Bucket, folder: string): Promise<boolean> {
  let at = location;
  for (const name of folder.split('/').slice(0, -1)) {
    const others: string[] = [];
    await runRclone(remote, {
      args: ['lsf', '--b2-versions', at],
      locked: false,
      onStdout: (line) => {
        if (line !== `${name}/` && others.length === 0) others.push(line);
      },
    });
    if (others.length > 0) return false;
    at += `/${name}`;
  }
  return true;
}
