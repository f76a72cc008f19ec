import { z } from 'zod';
import { lookWithRestic } from './look.js';
import type { ResticRepository } from './repository.js';

const Change = z.object({ message_type: z.literal('change'), path: z.string(), modifier: z.string() });
const Counts = z
  .object({
    files: z.number(),
    dirs: z.number(),
    others: z.number(),
    data_blobs: z.number(),
    tree_blobs: z.number(),
    bytes: z.number(),
  })
  .transform(({ data_blobs: dataBlobs, tree_blobs: treeBlobs, ...rest }) => ({
    ...rest,
    dataBlobs,
    treeBlobs,
  }));
const Statistics = z.object({
  message_type: z.literal('statistics'),
  changed_files: z.number(),
  added: Counts,
  removed: Counts,
});

/** What restic counts between two snapshots. Bytes are of what is stored. */
export interface DiffStatistics {
  changedFiles: number;
  added: z.output<typeof Counts>;
  removed: z.output<typeof Counts>;
}

export interface DiffAsked {
  /** `SNAPSHOT` or `SNAPSHOT:FOLDER`. */
  source: string;
  target: string;
  /** Also tell what changed in nothing but modes, owners and times. */
  metadata: boolean;
  signal?: AbortSignal;
}

/**
 * Tells what differs between two trees of a repository, path by path as restic does: relative to the folder, a folder's
 * with a slash at its end; modifiers `+ - M U T ?`.
 */
export async function diffSnapshots(
  repository: ResticRepository,
  { source, target, metadata, signal }: DiffAsked,
  onChange: (change: { path: string; modifier: string }) => void,
): Promise<DiffStatistics | undefined> {
  let statistics: DiffStatistics | undefined;
  await lookWithRestic(repository, ['diff', ...(metadata ? ['--metadata'] : []), '--', source, target], {
    ...(signal && { signal }),
    onMessage: (message) => {
      const change = Change.safeParse(message);
      if (change.success) onChange({ path: change.data.path, modifier: change.data.modifier });
      const counted = Statistics.safeParse(message);
      if (!counted.success) return;
      const { changed_files: changedFiles, added, removed } = counted.data;
      statistics = { changedFiles, added, removed };
    },
  });
  return statistics;
}
