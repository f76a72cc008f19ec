import { lossyName } from './names.js';

/**
 * A pattern of restic's that means one path of a snapshot and what is below it. What Go's `filepath.Match` takes for
 * something else is escaped; each byte that is not UTF-8 is `?`, as no argument can hold it: that may match more.
 */
export const resticPattern = (path: Uint8Array): string =>
  lossyName(path)
    .replaceAll(/[\\*?[]/g, String.raw`\$&`)
    .replaceAll('\ufffd', '?');

/** A folder of a snapshot, as restic takes it. */
export const snapshotFolder = (snapshotId: string, folder: string): string =>
  folder === '/' ? snapshotId : `${snapshotId}:${folder}`;
