import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { requireReach, type Access } from './access.js';
import { ACCOUNT_ID } from './authorize-account.js';
import { lifecycleRules } from './lifecycle.js';
import { B2Error, badRequest, ok, optional, type Handler } from './protocol.js';
import { LifecycleRuleSchema, type Bucket } from './records.js';
import type { Store } from './store.js';

const ListRequest = z.object({
  bucketId: optional(z.string()),
  bucketName: optional(z.string()),
  bucketTypes: optional(z.array(z.string())),
});
const CreateRequest = z.object({
  bucketName: z.string(),
  bucketType: z.string(),
  lifecycleRules: optional(z.array(LifecycleRuleSchema)),
});
const UpdateRequest = z.object({
  bucketId: z.string(),
  bucketType: optional(z.string()),
  lifecycleRules: optional(z.array(LifecycleRuleSchema)),
});
const DeleteRequest = z.object({ bucketId: z.string() });

type BucketOperation = 'b2_list_buckets' | 'b2_create_bucket' | 'b2_update_bucket' | 'b2_delete_bucket';

export const createBucketOperations = (access: Access, store: Store): Record<BucketOperation, Handler> => ({
  b2_list_buckets: ({ headers, parameters, version }) => {
    const key = access.account(headers, 'listBuckets');
    const { bucketId, bucketName, bucketTypes } = ListRequest.parse(parameters);
    const chosen = store.catalogue.buckets().filter((bucket) => {
      if (bucketId && bucket.bucketId !== bucketId) return false;
      if (bucketName && bucket.bucketName !== bucketName) return false;
      return !bucketTypes || bucketTypes.includes('all') || bucketTypes.includes(bucket.bucketType);
    });
    // Version 1 leaves out what a restricted key is not for; later ones refuse a request that is wider than the key.
    const reached = chosen.filter(({ bucketName: name }) => key.bucket === undefined || key.bucket === name);
    if (
      version > 1 &&
      key.bucket !== undefined &&
      (reached.length < chosen.length || !(bucketId ?? bucketName))
    )
      throw new B2Error(401, 'unauthorized', `${key.id} is only for the bucket ${key.bucket}`);
    return ok({ buckets: reached.map(bucketView) });
  },

  b2_create_bucket: ({ headers, parameters }) => {
    const key = access.account(headers, 'writeBuckets');
    const { bucketName, bucketType, lifecycleRules: rules } = CreateRequest.parse(parameters);
    if (key.bucket !== undefined)
      throw new B2Error(401, 'unauthorized', `${key.id} is only for the bucket ${key.bucket}`);
    return ok(bucketView(createBucket(store, { bucketName, bucketType, lifecycleRules: rules ?? [] })));
  },

  b2_update_bucket: ({ headers, parameters }) => {
    const key = access.account(headers, 'writeBuckets');
    const request = UpdateRequest.parse(parameters);
    const before = existingBucket(store, request.bucketId);
    requireReach(key, before);
    const bucket: Bucket = {
      ...before,
      bucketType: request.bucketType ?? before.bucketType,
      lifecycleRules: lifecycleRules(request.lifecycleRules ?? before.lifecycleRules),
      revision: before.revision + 1,
    };
    store.record({ change: 'bucket', bucket });
    return ok(bucketView(bucket));
  },

  b2_delete_bucket: ({ headers, parameters }) => {
    const key = access.account(headers, 'deleteBuckets');
    const bucket = existingBucket(store, DeleteRequest.parse(parameters).bucketId);
    requireReach(key, bucket);
    if (store.catalogue.names(bucket.bucketId).length > 0)
      throw new B2Error(400, 'cannot_delete_non_empty_bucket', 'Cannot delete non-empty bucket');
    store.record({ change: 'bucket-gone', bucketId: bucket.bucketId });
    return ok(bucketView(bucket));
  },
});

/** Makes a bucket, unless its name is taken or is none. */
export function createBucket(
  store: Store,
  wanted: Pick<Bucket, 'bucketName' | 'bucketType' | 'lifecycleRules'>,
): Bucket {
  if (!/^(?!b2-)[a-z0-9-]{6,63}$/i.test(wanted.bucketName))
    throw badRequest(`Invalid bucket name: ${wanted.bucketName}`);
  if (store.catalogue.bucketNamed(wanted.bucketName))
    throw new B2Error(400, 'duplicate_bucket_name', 'Bucket name is already in use.');
  const bucketId = randomBytes(12).toString('hex');
  const bucket = { ...wanted, bucketId, lifecycleRules: lifecycleRules(wanted.lifecycleRules), revision: 1 };
  store.record({ change: 'bucket', bucket });
  return bucket;
}

export function existingBucket(store: Store, bucketId: string): Bucket {
  const bucket = store.catalogue.bucket(bucketId);
  if (!bucket) throw new B2Error(400, 'bad_bucket_id', `Bucket ${bucketId} does not exist`);
  return bucket;
}

const bucketView = (bucket: Bucket): object => ({
  accountId: ACCOUNT_ID,
  ...bucket,
  bucketInfo: {},
  corsRules: [],
  options: [],
});
