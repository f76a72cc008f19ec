import type { RebuildInput, RebuildPlan } from '../domain/rebuild-run.js';
import type { Estate } from '../estate/schema.js';
import { unknownName } from './known-name.js';
import { type SourceWish, sourceOf } from './source-wish.js';

/** What a person asks for. */
export interface RebuildWish extends SourceWish {
  volume: string;
  restart: boolean;
}

/** The input of a rebuild's workflow, from this estate. Throws `UsageError` for what cannot be meant. */
export function rebuildInput(estate: Estate, wish: RebuildWish): RebuildInput {
  const { volume, restart } = wish;
  const declared = Object.hasOwn(estate.volumes, volume) ? estate.volumes[volume] : undefined;
  if (declared === undefined)
    throw unknownName('volume', volume, Object.keys(estate.volumes), 'see `volumes:` in the estate');
  return {
    ...{ estate: estate.estate, volume, host: declared.host },
    ...sourceOf(estate, wish),
    ...(restart && { restart: true as const }),
  };
}

/** The same request for the very source that was looked at: what was agreed to is what is done. */
export function pinned(input: RebuildInput, { source, resumes }: RebuildPlan): RebuildInput {
  const { estate, volume, host, at } = input;
  const common = { estate, volume, host };
  if (resumes) return common;
  return 'remote' in source
    ? { ...common, remote: source.remote, ...(at !== undefined && { at }), restart: true }
    : { ...common, repository: source.repository, snapshot: source.snapshotId, restart: true };
}
