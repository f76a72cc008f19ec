import { z } from 'zod';
import { requireCapability, requireReach, type Access } from './access.js';
import { existingBucket } from './buckets.js';
import { byteRange } from './byte-range.js';
import { fileName, percentDecoded, percentEncoded } from './file-names.js';
import { B2Error, ok, type Call, type Handler, type Reply } from './protocol.js';
import type { FileVersion } from './records.js';
import type { Store } from './store.js';

/** The longest life of a download token; B2's. */
const WEEK_SECONDS = 604_800;

const TokenRequest = z.object({
  bucketId: z.string(),
  fileNamePrefix: z.string(),
  validDurationInSeconds: z.int().min(1).max(WEEK_SECONDS),
});

type DownloadOperation =
  'b2_download_file_by_id' | 'b2_download_file_by_name' | 'b2_get_download_authorization';

/** Downloads, whole or in part; HEAD asks for the headers alone. */
export const createDownloadOperations = (
  access: Access,
  store: Store,
): Record<DownloadOperation, Handler> => ({
  b2_download_file_by_id: (call) => {
    const version = store.catalogue.version(call.query.get('fileId') ?? '');
    return download(access, store, call, version?.action === 'upload' ? version : undefined);
  },

  b2_download_file_by_name: (call) => {
    const [bucketName = '', ...path] = call.target.map(percentDecoded);
    const bucket = store.catalogue.bucketNamed(bucketName);
    const current = bucket && store.catalogue.current(bucket.bucketId, fileName(path.join('/')));
    return download(access, store, call, current?.action === 'upload' ? current : undefined);
  },

  b2_get_download_authorization: ({ headers, parameters }) => {
    const key = access.account(headers, 'shareFiles');
    const { bucketId, fileNamePrefix, validDurationInSeconds } = TokenRequest.parse(parameters);
    requireReach(key, existingBucket(store, bucketId), fileNamePrefix);
    const grant = { kind: 'download', bucketId, namePrefix: fileNamePrefix } as const;
    const authorizationToken = access.issue(grant, validDurationInSeconds * 1000);
    return ok({ bucketId, fileNamePrefix, authorizationToken });
  },
});

/** A caller without permission hears so whether there is a file or not. */
function download(
  access: Access,
  store: Store,
  { headers, query }: Call,
  version: FileVersion | undefined,
): Reply {
  const grant = access.grant(
    headers.authorization ?? query.get('Authorization') ?? undefined,
    'account',
    'download',
  );
  if (grant.kind === 'account') requireCapability(grant.key, 'readFiles');
  if (!version) throw new B2Error(404, 'not_found', 'File with such name does not exist.');
  if (grant.kind === 'account')
    requireReach(grant.key, existingBucket(store, version.bucketId), version.fileName);
  else if (grant.bucketId !== version.bucketId || !version.fileName.startsWith(grant.namePrefix))
    throw new B2Error(401, 'unauthorized', 'The download authorization is for other files');

  const { contentLength: size, pieces } = version;
  if (headers.range === undefined)
    return { status: 200, headers: fileHeaders(version, size), content: () => store.contents.read(pieces) };
  const stretch = byteRange(headers.range, size);
  const range = `bytes ${String(stretch.from)}-${String(stretch.to - 1)}/${String(size)}`;
  return {
    status: 206,
    headers: { ...fileHeaders(version, stretch.to - stretch.from), 'Content-Range': range },
    content: () => store.contents.read(pieces, stretch),
  };
}

function fileHeaders(version: FileVersion, length: number): Record<string, string> {
  const info = Object.entries(version.fileInfo).map(([name, value]) => [
    `X-Bz-Info-${percentEncoded(name)}`,
    percentEncoded(value),
  ]);
  return {
    'Accept-Ranges': 'bytes',
    'Content-Length': String(length),
    'Content-Type': version.contentType,
    'X-Bz-Content-Sha1': version.contentSha1 ?? 'none',
    'X-Bz-File-Id': version.fileId,
    'X-Bz-File-Name': percentEncoded(version.fileName),
    'X-Bz-Upload-Timestamp': String(version.uploadTimestamp),
    ...(Object.fromEntries(info) as Record<string, string>),
  };
}
