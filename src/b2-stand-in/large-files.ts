import { z } from 'zod';
import { requireCapability, requireReach, type Access } from './access.js';
import { ACCOUNT_ID } from './authorize-account.js';
import { existingBucket } from './buckets.js';
import { byteRange } from './byte-range.js';
import { receiveBody } from './checked-body.js';
import type { Staged } from './contents.js';
import { fileName } from './file-names.js';
import { uploadedFile } from './file-operations.js';
import { addVersion, fileView } from './file-version.js';
import { checkedNumber, checkParts, partView } from './parts.js';
import { B2Error, badRequest, ok, optional, type Handler } from './protocol.js';
import type { FileVersion, Part } from './records.js';
import type { Store } from './store.js';
import { unfinishedFile } from './unfinished-files.js';
import { storedType } from './uploads.js';

const StartRequest = z.object({
  bucketId: z.string(),
  fileName: z.string(),
  contentType: z.string(),
  fileInfo: optional(z.record(z.string(), z.string())),
});
const FileRequest = z.object({ fileId: z.string() });
const FinishRequest = z.object({ fileId: z.string(), partSha1Array: z.array(z.string()) });
const CopyPartRequest = z.object({
  sourceFileId: z.string(),
  largeFileId: z.string(),
  partNumber: z.int(),
  range: optional(z.string()),
});

type LargeFileOperation =
  | 'b2_start_large_file'
  | 'b2_get_upload_part_url'
  | 'b2_upload_part'
  | 'b2_copy_part'
  | 'b2_finish_large_file'
  | 'b2_cancel_large_file';

/** Uploads in parts, which may arrive in any order and more than once. */
export const createLargeFileOperations = (
  access: Access,
  store: Store,
  endpoint: () => string,
): Record<LargeFileOperation, Handler> => {
  /** Fails if the file was finished or cancelled while the part was on its way. */
  const addPart = (fileId: string, partNumber: number, staged: Staged): object => {
    if (store.catalogue.version(fileId)?.action !== 'start') {
      store.contents.discard(staged);
      throw badRequest(`No active upload for: ${fileId}`);
    }
    const part: Part = { partNumber, piece: store.contents.keep(staged), uploadTimestamp: store.clock.now() };
    store.record({ change: 'part', fileId, part });
    return partView(fileId, part);
  };

  return {
    b2_start_large_file: ({ headers, parameters, version: api }) => {
      const key = access.account(headers, 'writeFiles');
      const request = StartRequest.parse(parameters);
      const [bucket, name] = [existingBucket(store, request.bucketId), fileName(request.fileName)];
      requireReach(key, bucket, name);
      const started = addVersion(store, {
        bucketId: bucket.bucketId,
        fileName: name,
        action: 'start',
        contentLength: 0,
        contentSha1: 'none',
        contentType: storedType(request.contentType),
        fileInfo: request.fileInfo ?? {},
        pieces: [],
      });
      return ok(fileView(started, api));
    },

    b2_get_upload_part_url: ({ headers, parameters, version }) => {
      const key = access.account(headers, 'writeFiles');
      const { fileId } = unfinishedFile(store, key, FileRequest.parse(parameters).fileId);
      const authorizationToken = access.issue({ kind: 'part', key, fileId });
      const uploadUrl = `${endpoint()}/b2api/v${String(version)}/b2_upload_part/${fileId}`;
      return ok({ fileId, uploadUrl, authorizationToken });
    },

    b2_upload_part: async ({ headers, target, request }) => {
      const { fileId, key } = access.grant(headers.authorization, 'part');
      if (target[0] !== fileId)
        throw new B2Error(401, 'bad_auth_token', 'Authorization token is for another upload URL');
      unfinishedFile(store, key, fileId);
      const number = checkedNumber(Number(headers['x-bz-part-number']));
      const { staged } = await receiveBody(request, store);
      return ok(addPart(fileId, number, staged));
    },

    b2_copy_part: async ({ headers, parameters }) => {
      const key = access.account(headers, 'writeFiles');
      requireCapability(key, 'readFiles');
      const request = CopyPartRequest.parse(parameters);
      const partNumber = checkedNumber(request.partNumber);
      const { fileId } = unfinishedFile(store, key, request.largeFileId);
      const source = uploadedFile(store, request.sourceFileId);
      requireReach(key, existingBucket(store, source.bucketId), source.fileName);
      const stretch =
        request.range === undefined ? undefined : byteRange(request.range, source.contentLength);
      const staged = await store.contents.stage(store.contents.read(source.pieces, stretch));
      return ok(addPart(fileId, partNumber, staged));
    },

    b2_finish_large_file: ({ headers, parameters, version: api }) => {
      const key = access.account(headers, 'writeFiles');
      const { fileId, partSha1Array } = FinishRequest.parse(parameters);
      const started = unfinishedFile(store, key, fileId);
      const parts = store.catalogue.parts(fileId);
      checkParts(parts, partSha1Array);
      const pieces = parts.map(({ piece }) => piece);
      const contentLength = pieces.reduce((sum, { size }) => sum + size, 0);
      const version: FileVersion = { ...started, action: 'upload', contentLength, pieces };
      store.record({ change: 'version', version });
      return ok(fileView(version, api));
    },

    b2_cancel_large_file: ({ headers, parameters }) => {
      const key = access.account(headers, 'writeFiles');
      const {
        fileId,
        bucketId,
        fileName: name,
      } = unfinishedFile(store, key, FileRequest.parse(parameters).fileId);
      store.record({ change: 'version-gone', fileId });
      return ok({ fileId, accountId: ACCOUNT_ID, bucketId, fileName: name });
    },
  };
};
