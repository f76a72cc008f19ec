import { z } from 'zod';
import { requireReach, type Access, type ApplicationKey } from './access.js';
import { existingBucket } from './buckets.js';
import { fileView } from './file-version.js';
import { partView } from './parts.js';
import { B2Error, ok, optional, type Handler } from './protocol.js';
import type { FileVersion } from './records.js';
import type { Store } from './store.js';

const ListPartsRequest = z.object({
  fileId: z.string(),
  startPartNumber: optional(z.int()),
  maxPartCount: optional(z.int().min(1).max(10_000)),
});
const ListUnfinishedRequest = z.object({
  bucketId: z.string(),
  namePrefix: optional(z.string()),
  startFileId: optional(z.string()),
  maxFileCount: optional(z.int().min(1).max(100)),
});

/** What is known of large files that are not finished. */
export const createUnfinishedFileOperations = (
  access: Access,
  store: Store,
): Record<'b2_list_parts' | 'b2_list_unfinished_large_files', Handler> => ({
  b2_list_parts: ({ headers, parameters }) => {
    const key = access.account(headers, 'writeFiles');
    const { fileId, startPartNumber, maxPartCount } = ListPartsRequest.parse(parameters);
    unfinishedFile(store, key, fileId);
    const left = store.catalogue.parts(fileId).filter((part) => part.partNumber >= (startPartNumber ?? 1));
    const page = left.slice(0, maxPartCount ?? 100);
    const nextPartNumber = left[page.length]?.partNumber ?? null;
    return ok({ parts: page.map((part) => partView(fileId, part)), nextPartNumber });
  },

  b2_list_unfinished_large_files: ({ headers, parameters, version: api }) => {
    const key = access.account(headers, 'listFiles');
    const { bucketId, namePrefix, startFileId, maxFileCount } = ListUnfinishedRequest.parse(parameters);
    requireReach(key, existingBucket(store, bucketId), namePrefix ?? '');
    const started = store.catalogue
      .names(bucketId)
      .filter((name) => name.startsWith(namePrefix ?? ''))
      .flatMap((name) => store.catalogue.versions(bucketId, name))
      .filter(({ action }) => action === 'start')
      .sort((a, b) => a.uploadTimestamp - b.uploadTimestamp);
    const first = startFileId === undefined ? 0 : started.findIndex(({ fileId }) => fileId === startFileId);
    if (first < 0) throw new B2Error(400, 'bad_request', `No unfinished large file: ${startFileId ?? ''}`);
    const end = first + (maxFileCount ?? 100);
    const files = started.slice(first, end).map((version) => fileView(version, api));
    return ok({ files, nextFileId: started[end]?.fileId ?? null });
  },
});

/** A large file that was started and neither finished nor cancelled, if the key is for it. */
export function unfinishedFile(store: Store, key: ApplicationKey, fileId: string): FileVersion {
  const version = store.catalogue.version(fileId);
  if (version?.action !== 'start') throw new B2Error(400, 'bad_request', `No active upload for: ${fileId}`);
  requireReach(key, existingBucket(store, version.bucketId), version.fileName);
  return version;
}
