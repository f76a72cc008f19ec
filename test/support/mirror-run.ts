import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Mirror, createMirror } from '../../src/adapters/mirror.js';
import type { Held, MirrorPlan } from '../../src/domain/mirror.js';
import { type MirrorBed, OWNER } from './mirror-bed.js';

/** A bed on which plans are carried out, step by step, as the host's activities do it. */
export async function mirrorAtWork(bed: MirrorBed, repositories: readonly string[] = [], owner = OWNER) {
  await writeFile(join(bed.root, '.fts-volume'), 'sentinel');
  const mirror: Mirror = createMirror(bed.state);
  const step = (plan: MirrorPlan, postponed: readonly string[], held: Held) => ({
    ...{ job: 'mirror', remote: bed.remote, owner, root: bed.root, plan, postponed, held },
    signal: new AbortController().signal,
    guard: () => Promise.resolve(),
    tell: () => undefined,
  });
  const upload = (plan: MirrorPlan, held: Held = plan.held, limit?: string) =>
    mirror.upload({
      ...step(plan, plan.postponed ?? [], held),
      ...{ repositories, resumed: false, bandwidth: { limit, timezone: 'UTC' } },
      ...{ onWaiting: () => undefined, report: join(bed.folder, 'report.jsonl') },
    });
  const remove = (plan: MirrorPlan, postponed: readonly string[] = []) =>
    mirror.remove({ ...step(plan, postponed, 'nothing'), from: undefined, keep: () => Promise.resolve() });
  return {
    upload,
    remove,
    verify: (plan: MirrorPlan, held: Held = plan.held) => mirror.verify(step(plan, [], held)),
    /** Plans, and carries out all of it. */
    run: async (request: Parameters<MirrorBed['plan']>[0] = {}) => {
      const plan = await bed.plan({ repositories, owner, ...request });
      await bed.released(plan);
      const uploaded = await upload(plan, 'nothing');
      const deleted = await remove(plan, uploaded.postponed);
      return { plan, uploaded, deleted };
    },
  };
}
