import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { requireReach, type Access } from './access.js';
import { existingBucket } from './buckets.js';
import { receiveBody } from './checked-body.js';
import { fileName, percentDecoded } from './file-names.js';
import { addVersion, fileView } from './file-version.js';
import { B2Error, badRequest, ok, type Handler } from './protocol.js';
import type { Store } from './store.js';

/** Most `X-Bz-Info-*` headers an upload may have; B2's. */
const MAX_FILE_INFO = 10;

const INFO_PREFIX = 'x-bz-info-';

const UrlRequest = z.object({ bucketId: z.string() });

/** Uploads in one piece. `endpoint` is where this server listens. */
export const createUploadOperations = (
  access: Access,
  store: Store,
  endpoint: () => string,
): Record<'b2_get_upload_url' | 'b2_upload_file', Handler> => ({
  b2_get_upload_url: ({ headers, parameters, version }) => {
    const key = access.account(headers, 'writeFiles');
    const bucket = existingBucket(store, UrlRequest.parse(parameters).bucketId);
    requireReach(key, bucket);
    const { bucketId } = bucket;
    const authorizationToken = access.issue({ kind: 'upload', key, bucketId });
    const uploadUrl = `${endpoint()}/b2api/v${String(version)}/b2_upload_file/${bucketId}`;
    return ok({ bucketId, uploadUrl, authorizationToken });
  },

  b2_upload_file: async ({ headers, target, request, version }) => {
    const grant = access.grant(headers.authorization, 'upload');
    const bucket = existingBucket(store, grant.bucketId);
    if (target[0] !== bucket.bucketId)
      throw new B2Error(401, 'bad_auth_token', 'Authorization token is for another upload URL');
    const encodedName = headers['x-bz-file-name'];
    if (typeof encodedName !== 'string') throw badRequest('Missing header: X-Bz-File-Name');
    const name = fileName(percentDecoded(encodedName));
    requireReach(grant.key, bucket, name);
    const fileInfo = fileInfoOf(headers);
    const contentType = storedType(headers['content-type']);

    const { staged, declaredSha1 } = await receiveBody(request, store);
    const piece = store.contents.keep(staged);
    const stored = addVersion(store, {
      bucketId: bucket.bucketId,
      fileName: name,
      action: 'upload',
      contentLength: piece.size,
      contentSha1: declaredSha1,
      contentType,
      fileInfo,
      pieces: [piece],
    });
    return ok(fileView(stored, version));
  },
});

/** The type to keep: a client may leave it to B2, which goes by the name's extension; here nobody looks. */
export function storedType(contentType: string | undefined): string {
  if (!contentType) throw badRequest('Missing Content-Type');
  return contentType === 'b2/x-auto' ? 'application/octet-stream' : contentType;
}

function fileInfoOf(headers: IncomingHttpHeaders): Record<string, string> {
  const found = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(INFO_PREFIX) && typeof value === 'string'
      ? [[name.slice(INFO_PREFIX.length), percentDecoded(value)] as const]
      : [],
  );
  if (found.length > MAX_FILE_INFO) throw badRequest('Too many X-Bz-Info- headers');
  return Object.fromEntries(found);
}
