import type { Progress } from '../../domain/progress.js';

/** Everything after which the disk or the record of a restore, or of a rebuild, is different. */
export type RestoreStep =
  | 'recorded'
  | 'staging-made'
  | 'items-made'
  | 'item-moved'
  | 'item-placed'
  | 'fetched'
  | 'fetched-in-part'
  | 'hard-linked'
  | 'link-made'
  | 'links-made'
  | 'metadata-applied'
  | 'folders-noted'
  | 'verified'
  | 'parcel-made'
  | 'parcels-recorded'
  | 'published'
  | 'reported'
  | 'relinked'
  | 'linked'
  | 'put'
  | 'folder-put'
  | 'original-linked'
  | 'replaced'
  | 'moved-aside'
  | 'dropped'
  | 'folder-settled'
  | 'merged'
  | 'result-recorded'
  | 'staging-removed'
  | 'given-up'
  | 'counted'
  | 'rebuild-listed'
  | 'rebuild-parts'
  | 'rebuild-recorded'
  | 'rebuild-resumed'
  | 'rebuild-batch-taken'
  | 'rebuild-batch-noted'
  | 'rebuild-ended';

/** What every part of a restore works with. */
export interface RestoreContext {
  signal: AbortSignal;
  tell: (progress: Progress) => void;
  /** Called after each step; tests break off, or change the disk, there. */
  onStep: (step: RestoreStep) => void | Promise<void>;
}
