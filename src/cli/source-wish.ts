import { UsageError } from '../domain/usage-error.js';
import type { Estate } from '../estate/schema.js';
import { parseWhen } from '../estate/when.js';
import { unknownName } from './known-name.js';
import { note } from './output.js';

/** Where files are to come from, and from when, as a person says it. */
export interface SourceWish {
  at?: string;
  snapshot?: string;
  repository?: string;
  remote?: string;
}

/** The same with the time as an instant (RFC 3339). Throws `UsageError` for what is not declared or cannot be meant. */
export function sourceOf(estate: Estate, { at, snapshot, repository, remote }: SourceWish): SourceWish {
  if (repository !== undefined && !Object.hasOwn(estate.repositories, repository))
    throw unknownName(
      'repository',
      repository,
      Object.keys(estate.repositories),
      'see `repositories:` in the estate',
    );
  if (remote !== undefined && (repository !== undefined || snapshot !== undefined))
    throw new UsageError(
      `--remote and --${repository === undefined ? 'snapshot' : 'repository'} exclude each other`,
      { hint: 'a mirror has no snapshots: name a time with --at' },
    );
  if (remote !== undefined && !Object.hasOwn(estate.remotes, remote))
    throw unknownName('remote', remote, Object.keys(estate.remotes), 'see `remotes:` in the estate');
  if (at !== undefined && snapshot !== undefined)
    throw new UsageError('--at and --snapshot exclude each other', { hint: 'give one of the two' });
  return {
    ...(repository !== undefined && { repository }),
    ...(remote !== undefined && { remote }),
    ...(snapshot !== undefined && { snapshot }),
    ...(at !== undefined && { at: instantOf(estate, at) }),
  };
}

function instantOf({ timezone }: Estate, at: string): string {
  const { instant, note: remark } = parseWhen(at, { now: Date.now(), zone: timezone });
  if (remark !== undefined) note(remark);
  return new Date(instant).toISOString();
}
