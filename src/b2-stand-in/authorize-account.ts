import type { Access, ApplicationKey } from './access.js';
import { ok, type ApiVersion, type Handler } from './protocol.js';
import type { Store } from './store.js';

/** The one account there is. */
export const ACCOUNT_ID = '0b25a4d1f000';

/** Smallest part of a large file but its last, in bytes; B2's. */
export const MIN_PART_BYTES = 5_000_000;

const RECOMMENDED_PART_BYTES = 100_000_000;

/** Stands for a bucket that is no longer there, so that no client takes the key for an unrestricted one. */
const GONE_BUCKET_ID = '0'.repeat(24);

interface AllowedBucket {
  id: string;
  name: string | null;
}

/** Exchanges a key for a token and the addresses to use. `endpoint` is where this server listens. */
export const createAccountOperations = (
  access: Access,
  store: Store,
  endpoint: () => string,
): Record<'b2_authorize_account', Handler> => ({
  b2_authorize_account: ({ headers, version }) => {
    const key = access.signIn(headers);
    const authorizationToken = access.issue({ kind: 'account', key });
    const bucket = key.bucket === undefined ? null : allowedBucket(store, key.bucket);
    return ok({ accountId: ACCOUNT_ID, authorizationToken, ...account(version, key, bucket, endpoint()) });
  },
});

/** The one bucket of a key. Its name is null once the bucket is gone, and the key stays restricted. */
function allowedBucket({ catalogue }: Store, name: string): AllowedBucket {
  const bucket = catalogue.bucketNamed(name);
  return bucket ? { id: bucket.bucketId, name } : { id: GONE_BUCKET_ID, name: null };
}

/** The rest of the answer, which every version of the API orders differently. */
function account(
  version: ApiVersion,
  { capabilities, ...key }: ApplicationKey,
  bucket: AllowedBucket | null,
  endpoint: string,
): object {
  const addresses = {
    apiUrl: endpoint,
    downloadUrl: endpoint,
    s3ApiUrl: endpoint,
    recommendedPartSize: RECOMMENDED_PART_BYTES,
    absoluteMinimumPartSize: MIN_PART_BYTES,
  };
  const namePrefix = key.namePrefix ?? null;
  const [bucketId, bucketName] = [bucket?.id ?? null, bucket?.name ?? null];
  const restriction = { capabilities, bucketId, bucketName, namePrefix };
  switch (version) {
    case 1:
      return { ...addresses, minimumPartSize: RECOMMENDED_PART_BYTES, allowed: restriction };
    case 2:
      return { ...addresses, allowed: restriction };
    case 3:
      return { apiInfo: { storageApi: { infoType: 'storageApi', ...addresses, ...restriction } } };
    case 4: {
      const allowed = { capabilities, buckets: bucket && [bucket], namePrefix };
      return { apiInfo: { storageApi: { infoType: 'storageApi', ...addresses, allowed } } };
    }
  }
}
