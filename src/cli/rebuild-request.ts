import type { RebuildInput, RebuildPlan } from '../domain/rebuild-run.js';
import { UsageError } from '../domain/usage-error.js';
import type { Estate } from '../estate/schema.js';
import { parseWhen } from '../estate/when.js';
import { unknownName } from './known-name.js';
import { note } from './output.js';

/** What a person asks for. */
export interface RebuildWish {
  volume: string;
  at?: string;
  snapshot?: string;
  repository?: string;
  remote?: string;
  restart: boolean;
}

/** The input of a rebuild's workflow, from this estate. Throws `UsageError` for what cannot be meant. */
export function rebuildInput(estate: Estate, wish: RebuildWish): RebuildInput {
  const { volume, snapshot, repository, remote, restart } = wish;
  const declared = Object.hasOwn(estate.volumes, volume) ? estate.volumes[volume] : undefined;
  if (declared === undefined)
    throw unknownName('volume', volume, Object.keys(estate.volumes), 'see `volumes:` in the estate');
  if (repository !== undefined && !Object.hasOwn(estate.repositories, repository))
    throw unknownName(
      'repository',
      repository,
      Object.keys(estate.repositories),
      'see `repositories:` in the estate',
    );
  if (remote !== undefined && !Object.hasOwn(estate.remotes, remote))
    throw unknownName('remote', remote, Object.keys(estate.remotes), 'see `remotes:` in the estate');
  if (remote !== undefined && (repository !== undefined || snapshot !== undefined))
    throw new UsageError(
      `--remote and --${repository === undefined ? 'snapshot' : 'repository'} exclude each other`,
      { hint: 'a mirror has no snapshots: name a time with --at' },
    );
  return {
    ...{ estate: estate.estate, volume, host: declared.host },
    ...(repository !== undefined && { repository }),
    ...(remote !== undefined && { remote }),
    ...(snapshot !== undefined && { snapshot }),
    ...momentOf(estate, wish),
    ...(restart && { restart: true as const }),
  };
}

function momentOf({ timezone }: Estate, { at, snapshot }: RebuildWish): { at?: string } {
  if (at === undefined) return {};
  if (snapshot !== undefined)
    throw new UsageError('--at and --snapshot exclude each other', { hint: 'give one of the two' });
  const { instant, note: remark } = parseWhen(at, { now: Date.now(), zone: timezone });
  if (remark !== undefined) note(remark);
  return { at: new Date(instant).toISOString() };
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
