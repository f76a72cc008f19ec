import { z } from 'zod';
import { authorized } from './b2-account.js';
import type { RcloneRemote } from './rclone-remote.js';

/** So many versions a call: B2 bills more as several. */
const PAGE = 1000;

const Buckets = z.object({ buckets: z.array(z.object({ bucketId: z.string() })) });
const Page = z.object({
  files: z.array(
    z.object({
      fileId: z.string().nullish(),
      fileName: z.string(),
      action: z.string(),
      uploadTimestamp: z.number(),
    }),
  ),
  nextFileName: z.string().nullish(),
  nextFileId: z.string().nullish(),
});
type Listed = z.infer<typeof Page>['files'][number];

export interface HiddenAsked {
  /** Folder of the remote in which the files are, as rclone names it; empty for all. */
  folder: string;
  /** B2's ids of the versions. */
  ids: ReadonlySet<string>;
}

/**
 * When versions of files were hidden, by deletion or by a newer version (RFC 3339 UTC), by their ids. rclone tells of no hide
 * marker, so B2 itself is asked: one call for each 1000 versions in the folder. What it does not tell is missing.
 */
export async function hiddenSince(
  remote: RcloneRemote,
  { folder, ids }: HiddenAsked,
): Promise<Map<string, string>> {
  const since = new Map<string, string>();
  if (remote.type !== 'b2' || ids.size === 0) return since;
  const [bucketName = '', ...above] = remote.root.slice(remote.root.indexOf(':') + 1).split('/');
  const within = /^[\w ./()+,=@-]*$/.test(folder) ? folder : ''; // of others B2 has other names than rclone
  const prefix = [...above, ...within.split('/')].filter((name) => name !== '').map((name) => `${name}/`);
  try {
    const call = await authorized(remote);
    const { buckets } = Buckets.parse(await call('b2_list_buckets', { bucketName }));
    const asked = { bucketId: buckets[0]?.bucketId, prefix: prefix.join(''), maxFileCount: PAGE };
    let newer: Listed | undefined;
    for (let start: object | undefined = {}; start;) {
      const page = Page.parse(await call('b2_list_file_versions', { ...asked, ...start }));
      for (const file of page.files) {
        if (file.action === 'start') continue; // an upload that is not finished hides nothing
        const id = file.fileId ?? '';
        if (newer?.fileName === file.fileName && ids.has(id))
          since.set(id, new Date(newer.uploadTimestamp).toISOString());
        newer = file;
      }
      const { nextFileName, nextFileId } = page;
      start =
        typeof nextFileName === 'string'
          ? { startFileName: nextFileName, startFileId: nextFileId }
          : undefined;
    }
  } catch {
    return since; // it is good to know, and no more
  }
  return since;
}
