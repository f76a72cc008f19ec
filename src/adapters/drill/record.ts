import { z } from 'zod';
import type { State } from '../state.js';

/** The file that every drill of a source restores, as it was when it was restored last. `path` is below the volume's root. */
const Anchor = z.object({
  path: z.string(),
  size: z.number(),
  mtime: z.string(),
  ctime: z.string(),
  sha256: z.string(),
});
export type AnchorRecord = z.infer<typeof Anchor>;

/**
 * What the last successful drill found of the snapshots of one job. `restored` is how fast restic restored: evidence for
 * the time in which the volume is back. `drilled` says when each project of the snapshot was drilled last.
 */
const Source = z.object({
  /** The job that makes the snapshots; empty for a repository that no job of the estate saves to. */
  job: z.string(),
  volume: z.string().optional(),
  snapshotId: z.string(),
  /** RFC 3339 UTC. */
  at: z.string(),
  restored: z.object({ bytes: z.number(), seconds: z.number() }),
  anchor: Anchor.optional(),
  drilled: z.array(z.tuple([z.string(), z.string()])),
});
export type DrilledSource = z.infer<typeof Source>;

const DrillRecord = z.object({ job: z.string(), repository: z.string(), sources: z.array(Source) });
export type DrillRecord = z.infer<typeof DrillRecord>;

const fileOf = (job: string): string => `drills/${job}.json`;

/** What a drill job remembers, written when one succeeds. Fails with `StateCorrupt`. */
export const readDrill = (state: Pick<State, 'read'>, job: string): Promise<DrillRecord | undefined> =>
  state.read(fileOf(job), DrillRecord);

export const writeDrill = (state: Pick<State, 'write'>, record: DrillRecord): Promise<void> =>
  state.write(fileOf(record.job), record);
