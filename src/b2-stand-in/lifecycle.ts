import { hideMarker } from './file-version.js';
import { badRequest } from './protocol.js';
import type { Bucket, FileVersion, LifecycleRule } from './records.js';
import type { Store } from './store.js';

const DAY_MS = 86_400_000;

/** Most rules a bucket may have; B2's. */
const MAX_RULES = 100;

/** What a rule did to a version. */
export interface LifecycleAct {
  fileName: string;
  fileId: string;
  act: 'hidden' | 'deleted' | 'cancelled';
}

/** The rules, if B2 would take them: each says something, and no two are about the same file. */
export function lifecycleRules(rules: readonly LifecycleRule[]): LifecycleRule[] {
  if (rules.length > MAX_RULES) throw badRequest('There are too many lifecycle rules');
  for (const [index, { fileNamePrefix: prefix, ...periods }] of rules.entries()) {
    if (Object.values(periods).every((days) => days === null))
      throw badRequest(`Lifecycle rule for "${prefix}" does nothing`);
    const other = rules
      .slice(index + 1)
      .find((it) => it.fileNamePrefix.startsWith(prefix) || prefix.startsWith(it.fileNamePrefix));
    if (other) throw badRequest(`Lifecycle rules for "${prefix}" and "${other.fileNamePrefix}" overlap`);
  }
  return [...rules];
}

/** Does what the rules of all buckets ask for at the moment `now`; B2 does it about once a day. */
export function applyLifecycle(store: Store, now: number): LifecycleAct[] {
  const acts: LifecycleAct[] = [];
  for (const bucket of store.catalogue.buckets()) {
    for (const name of [...store.catalogue.names(bucket.bucketId)]) {
      const rule = bucket.lifecycleRules.find(({ fileNamePrefix }) => name.startsWith(fileNamePrefix));
      if (rule) acts.push(...applyRule(store, bucket, name, rule, now));
    }
  }
  return acts;
}

function applyRule(
  store: Store,
  { bucketId }: Bucket,
  name: string,
  rule: LifecycleRule,
  now: number,
): LifecycleAct[] {
  const acts: LifecycleAct[] = [];
  const isOver = (since: number, days: number | null): boolean =>
    days !== null && now - since >= days * DAY_MS;
  const remove = (version: FileVersion, act: LifecycleAct['act']): void => {
    store.record({ change: 'version-gone', fileId: version.fileId });
    acts.push({ fileName: name, fileId: version.fileId, act });
  };

  for (const version of store.catalogue.versions(bucketId, name)) {
    const days = rule.daysFromStartingToCancelingUnfinishedLargeFiles;
    if (version.action === 'start' && isOver(version.uploadTimestamp, days)) remove(version, 'cancelled');
  }
  const current = store.catalogue.current(bucketId, name);
  if (current?.action === 'upload' && isOver(current.uploadTimestamp, rule.daysFromUploadingToHiding)) {
    const marker = hideMarker(store, bucketId, name);
    acts.push({ fileName: name, fileId: marker.fileId, act: 'hidden' });
  }
  const [newest, ...older] = store.catalogue
    .versions(bucketId, name)
    .filter(({ action }) => action !== 'start');
  let hiddenSince = newest?.uploadTimestamp ?? now;
  for (const version of older) {
    if (isOver(hiddenSince, rule.daysFromHidingToDeleting)) remove(version, 'deleted');
    hiddenSince = version.uploadTimestamp;
  }
  const left = store.catalogue.versions(bucketId, name);
  if (
    newest?.action === 'hide' &&
    left.length === 1 &&
    isOver(newest.uploadTimestamp, rule.daysFromHidingToDeleting)
  )
    remove(newest, 'deleted');
  return acts;
}
