import type { RebuildRequest } from '../domain/rebuild-run.js';
import { nextBatch } from './rebuild/batch.js';
import { finishRebuild } from './rebuild/finish.js';
import { requireOwnVolume } from './rebuild/look.js';
import { planRebuild, prepareRebuild } from './rebuild/plan.js';
import { restoreBatch } from './rebuild/restore.js';
import type { RestoreSetting } from './restore/setting.js';

/** Before a volume's name becomes that of a file, it is one that this host's estate declares. */
const ofOwnVolume =
  <Request extends Pick<RebuildRequest, 'estate' | 'volume'>, T>(
    work: (setting: RestoreSetting, request: Request) => Promise<T>,
  ) =>
  async (setting: RestoreSetting, request: Request): Promise<T> => {
    requireOwnVolume(setting, request);
    return work(setting, request);
  };

/** A rebuild on this host's disk. */
export const rebuildEngine = {
  plan: ofOwnVolume(planRebuild),
  prepare: ofOwnVolume(prepareRebuild),
  next: ofOwnVolume(nextBatch),
  restore: ofOwnVolume(restoreBatch),
  finish: ofOwnVolume(finishRebuild),
};
