import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID } from './authorize-account.js';
import type { ApiVersion } from './protocol.js';
import type { FileVersion } from './records.js';
import type { Store } from './store.js';

/** Stores a new version, which gets its id and its time here. */
export function addVersion(
  store: Store,
  wanted: Omit<FileVersion, 'fileId' | 'uploadTimestamp'>,
): FileVersion {
  const uploadTimestamp = store.clock.stamp();
  const unique = randomBytes(8).toString('hex');
  const fileId = `4_z${wanted.bucketId}_f${unique}_u${String(uploadTimestamp).padStart(14, '0')}`;
  const version = { ...wanted, fileId, uploadTimestamp };
  store.record({ change: 'version', version });
  return version;
}

/** When the version of that id was made, also if it is gone by now; undefined if it is no id. */
export function timestampOf(fileId: string): number | undefined {
  const [, digits] = /_u(\d{14})$/.exec(fileId) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Stores a version that hides those before it. */
export const hideMarker = (store: Store, bucketId: string, fileName: string): FileVersion =>
  addVersion(store, {
    bucketId,
    fileName,
    action: 'hide',
    contentLength: 0,
    contentSha1: null,
    contentType: 'application/x-bz-hide-marker',
    fileInfo: {},
    pieces: [],
  });

/** B2's file object. Version 1 of the API has the length under another name too. */
export function fileView({ pieces: _, ...version }: FileVersion, api: ApiVersion): object {
  return { accountId: ACCOUNT_ID, ...version, ...(api === 1 ? { size: version.contentLength } : {}) };
}
