import { z } from 'zod';
import { requireCapability, requireReach, type Access } from './access.js';
import { existingBucket } from './buckets.js';
import { byteRange } from './byte-range.js';
import { addVersion, fileView, hideMarker } from './file-version.js';
import { fileName } from './file-names.js';
import { B2Error, badRequest, ok, optional, type Handler } from './protocol.js';
import type { FileVersion } from './records.js';
import type { Store } from './store.js';

/** Largest file that one copy may make, in bytes; B2's. */
const MAX_COPY_BYTES = 5_000_000_000;

const FileRequest = z.object({ fileId: z.string() });
const HideRequest = z.object({ bucketId: z.string(), fileName: z.string() });
const DeleteRequest = z.object({ fileId: z.string(), fileName: z.string() });
const CopyRequest = z.object({
  sourceFileId: z.string(),
  destinationBucketId: optional(z.string()),
  fileName: z.string(),
  range: optional(z.string()),
  metadataDirective: optional(z.enum(['COPY', 'REPLACE'])),
  contentType: optional(z.string()),
  fileInfo: optional(z.record(z.string(), z.string())),
});

type FileOperation = 'b2_get_file_info' | 'b2_hide_file' | 'b2_delete_file_version' | 'b2_copy_file';

/** What is done to files without their bytes going over the wire. */
export const createFileOperations = (access: Access, store: Store): Record<FileOperation, Handler> => ({
  b2_get_file_info: ({ headers, parameters, version: api }) => {
    const key = access.account(headers, 'readFiles');
    const version = store.catalogue.version(FileRequest.parse(parameters).fileId);
    if (!version) throw new B2Error(404, 'not_found', 'File not found');
    requireReach(key, existingBucket(store, version.bucketId), version.fileName);
    return ok(fileView(version, api));
  },

  b2_hide_file: ({ headers, parameters, version: api }) => {
    const key = access.account(headers, 'writeFiles');
    const request = HideRequest.parse(parameters);
    const [bucket, name] = [existingBucket(store, request.bucketId), fileName(request.fileName)];
    requireReach(key, bucket, name);
    const current = store.catalogue.current(bucket.bucketId, name);
    if (!current) throw new B2Error(400, 'no_such_file', `File not present: ${name}`);
    if (current.action === 'hide') throw new B2Error(400, 'already_hidden', `File already hidden: ${name}`);
    return ok(fileView(hideMarker(store, bucket.bucketId, name), api));
  },

  b2_delete_file_version: ({ headers, parameters }) => {
    const key = access.account(headers, 'deleteFiles');
    const { fileId, fileName: name } = DeleteRequest.parse(parameters);
    const version = store.catalogue.version(fileId);
    if (version?.fileName !== name)
      throw new B2Error(400, 'file_not_present', `File not present: ${name} ${fileId}`);
    requireReach(key, existingBucket(store, version.bucketId), name);
    store.record({ change: 'version-gone', fileId });
    return ok({ fileId, fileName: name });
  },

  b2_copy_file: async ({ headers, parameters, version: api }) => {
    const key = access.account(headers, 'writeFiles');
    requireCapability(key, 'readFiles');
    const request = CopyRequest.parse(parameters);
    const name = fileName(request.fileName);
    const source = uploadedFile(store, request.sourceFileId);
    requireReach(key, existingBucket(store, source.bucketId), source.fileName);
    const bucket = existingBucket(store, request.destinationBucketId ?? source.bucketId);
    requireReach(key, bucket, name);
    const metadata = copiedMetadata(source, request);

    const { bucketId } = bucket;
    const target = { bucketId, fileName: name, action: 'upload', ...metadata } as const;
    if (request.range === undefined) {
      if (source.contentLength > MAX_COPY_BYTES)
        throw new B2Error(
          400,
          'source_too_large',
          `Copy source is too large: ${String(source.contentLength)}`,
        );
      const { contentLength, contentSha1, pieces } = source;
      return ok(fileView(addVersion(store, { ...target, contentLength, contentSha1, pieces }), api));
    }
    const stretch = byteRange(request.range, source.contentLength);
    const staged = await store.contents.stage(store.contents.read(source.pieces, stretch));
    const piece = store.contents.keep(staged);
    const content = { contentLength: piece.size, contentSha1: piece.sha1, pieces: [piece] };
    return ok(fileView(addVersion(store, { ...target, ...content }), api));
  },
});

/** A version with content, for a copy to read from. */
export function uploadedFile(store: Store, fileId: string): FileVersion {
  const version = store.catalogue.version(fileId);
  if (version?.action !== 'upload') throw new B2Error(404, 'no_such_file', `File not present: ${fileId}`);
  return version;
}

function copiedMetadata(
  source: FileVersion,
  { metadataDirective, contentType, fileInfo }: z.infer<typeof CopyRequest>,
): Pick<FileVersion, 'contentType' | 'fileInfo'> {
  if (metadataDirective !== 'REPLACE') {
    if (contentType !== undefined || fileInfo !== undefined)
      throw badRequest('contentType and fileInfo need the metadataDirective REPLACE');
    return source;
  }
  if (contentType === undefined) throw badRequest('contentType is needed by the metadataDirective REPLACE');
  return { contentType, fileInfo: fileInfo ?? {} };
}
