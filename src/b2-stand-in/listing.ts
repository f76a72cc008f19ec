import { z } from 'zod';
import { requireReach, type Access } from './access.js';
import { existingBucket } from './buckets.js';
import { firstIndex } from './catalogue.js';
import { byBytes } from './file-names.js';
import { fileView, timestampOf } from './file-version.js';
import { ok, optional, type ApiVersion, type Call, type Handler } from './protocol.js';
import type { FileVersion } from './records.js';
import type { Store } from './store.js';

/** What one billed call returns at most. B2 would bill a longer page as several calls; here it is cut short. */
const PAGE_FILES = 1000;

const DEFAULT_PAGE_FILES = 100;

const ListRequest = z.object({
  bucketId: z.string(),
  prefix: optional(z.string()),
  delimiter: optional(z.string()),
  startFileName: optional(z.string()),
  startFileId: optional(z.string()),
  maxFileCount: optional(z.int().min(0).max(10_000)),
});

/** What to list, with everything left out filled in. */
interface Scope {
  bucketId: string;
  prefix: string;
  delimiter: string;
  startFileName: string;
  startFileId: string | undefined;
}

/** A version, or a folder that stands for all names that begin so. */
type Entry = { fileName: string; version: FileVersion } | { fileName: string; version?: never };

/** Which versions of a name are listed, newest first. */
type Chosen = (bucketId: string, name: string) => readonly FileVersion[];

/** Listings: names in the order of their bytes, and the versions of a name newest first. */
export const createListOperations = (
  access: Access,
  store: Store,
): Record<'b2_list_file_names' | 'b2_list_file_versions', Handler> => {
  const visible: Chosen = (bucketId, name) => {
    const current = store.catalogue.current(bucketId, name);
    return current?.action === 'upload' ? [current] : [];
  };
  const all: Chosen = (bucketId, name) => store.catalogue.versions(bucketId, name);

  const page = (chosen: Chosen, { headers, parameters, version: api }: Call) => {
    const key = access.account(headers, 'listFiles');
    const { bucketId, prefix: asked = '', maxFileCount = 0, ...start } = ListRequest.parse(parameters);
    const { startFileName = '', startFileId, delimiter = '' } = start;
    const bucket = existingBucket(store, bucketId);
    // Version 1 narrows a listing to what the key may see; later ones refuse to be asked for more.
    const prefix = api === 1 ? longer(asked, key.namePrefix ?? '') : asked;
    requireReach(key, bucket, prefix);

    const scope = { bucketId, prefix, delimiter, startFileName, startFileId };
    const limit = maxFileCount === 0 ? DEFAULT_PAGE_FILES : Math.min(maxFileCount, PAGE_FILES);
    const files: object[] = [];
    for (const entry of entries(store, chosen, scope)) {
      if (files.length === limit) return { files, next: entry };
      files.push(entry.version ? fileView(entry.version, api) : folderView(entry.fileName, scope, api));
    }
    return { files, next: undefined };
  };

  return {
    b2_list_file_names: (call) => {
      const { files, next } = page(visible, call);
      return ok({ files, nextFileName: next?.fileName ?? null });
    },
    b2_list_file_versions: (call) => {
      const { files, next } = page(all, call);
      const nextFileId = next?.version?.fileId ?? null;
      return ok({ files, nextFileName: next?.fileName ?? null, nextFileId });
    },
  };
};

/** The narrower of two prefixes, if one is within the other; else the first. */
const longer = (prefix: string, other: string): string => (other.startsWith(prefix) ? other : prefix);

function* entries(store: Store, chosen: Chosen, scope: Scope): Generator<Entry> {
  const { bucketId, prefix, delimiter, startFileName, startFileId } = scope;
  const names = store.catalogue.names(bucketId);
  let index = firstIndex(names, byBytes(prefix, startFileName) > 0 ? prefix : startFileName);
  for (let name; (name = names[index])?.startsWith(prefix);) {
    const versions =
      name === startFileName ? notBefore(startFileId, chosen(bucketId, name)) : chosen(bucketId, name);
    const slash = delimiter ? name.indexOf(delimiter, prefix.length) : -1;
    if (versions.length > 0 && delimiter && slash >= 0) {
      const folder = name.slice(0, slash + delimiter.length);
      yield { fileName: folder };
      index = afterFolder(names, folder, index);
    } else {
      for (const version of versions) yield { fileName: name, version };
      index += 1;
    }
  }
}

/** Index of the first name after all that begin with `folder`. */
function afterFolder(names: readonly string[], folder: string, from: number): number {
  let [low, high] = [from, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]?.startsWith(folder)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The versions from that id on, wherever it was if it is gone. */
function notBefore(
  startFileId: string | undefined,
  versions: readonly FileVersion[],
): readonly FileVersion[] {
  const from = timestampOf(startFileId ?? '') ?? Infinity;
  return versions.filter(({ uploadTimestamp }) => uploadTimestamp <= from);
}

const folderView = (fileName: string, { bucketId }: Scope, api: ApiVersion): object => ({
  bucketId,
  fileName,
  action: 'folder',
  fileId: null,
  contentLength: 0,
  contentSha1: null,
  contentType: null,
  fileInfo: {},
  uploadTimestamp: 0,
  ...(api === 1 ? { size: 0 } : {}),
});
