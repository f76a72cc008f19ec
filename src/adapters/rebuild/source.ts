import { realpath } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import type { RebuildRequest } from '../../domain/rebuild-run.js';
import { type SourceCandidate, chooseSource } from '../../domain/rebuild-source.js';
import { isPartial } from '../../domain/snapshot.js';
import { coverOf } from '../../domain/snapshot-place.js';
import { volumeRoot } from '../../estate/lookup.js';
import { mirrorsOf, repositoriesOf, volumesSavedTo } from '../../estate/saved-by.js';
import { readJobRecord } from '../job-records.js';
import { listSnapshots } from '../restic/snapshots.js';
import type { RestoreSetting } from '../restore/setting.js';
import { openGuarded } from '../restore/source.js';
import { readVolumeRecord } from '../volume/record.js';

/** The source of a rebuild, by names that a restore understands. */
export interface ChosenSource {
  asked: Pick<RebuildRequest, 'repository' | 'remote' | 'snapshot' | 'at'>;
  notes: string[];
}

/**
 * What a volume is to be rebuilt from: what is asked for, else the newest complete source that answers. Repositories that would
 * be `lostToo`, if the volume is not lost yet, come last. Fails with
 * `SnapshotUnknown`, `RequestInvalid`, and as restic does.
 */
export async function rebuildSource(
  setting: RestoreSetting,
  { volume, repository, remote, snapshot, at }: RebuildRequest,
  lostToo: ReadonlySet<string> = new Set(),
): Promise<ChosenSource> {
  const isNamed = [repository, remote, snapshot, at].some((one) => one !== undefined);
  const { estate } = setting.loaded;
  const named = {
    ...(repository !== undefined && { repository }),
    ...(remote !== undefined && { remote }),
    ...(snapshot !== undefined && { snapshot }),
    ...(at !== undefined && { at }),
  };
  if (isNamed) {
    const [mirror] = mirrorsOf(estate).filter((one) => one.volume === volume);
    const meansMirror =
      remote === undefined && repository === undefined && repositoriesOf(estate, volume).length === 0;
    return {
      asked: meansMirror && mirror ? { ...named, remote: mirror.remote } : named,
      notes: [],
    };
  }
  const looks = await Promise.allSettled(
    repositoriesOf(estate, volume)
      .filter((name) => estate.repositories[name]?.host === setting.host)
      .map((name) => candidatesIn(setting, volume, { name, lostToo: lostToo.has(name) })),
  );
  setting.signal.throwIfAborted();
  const failures = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as unknown] : []));
  const candidates = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
  candidates.push(...(await mirrorsHere(setting, volume)));
  const { emptyAt } = (await readVolumeRecord(setting.state, volume)) ?? {};
  const choice = chooseSource(candidates, emptyAt);
  if (choice === undefined) {
    const [failure] = failures;
    if (failure instanceof Error) throw failure;
    throw new FtsError(
      'SnapshotUnknown',
      `nothing on host ${setting.host} has volume ${volume}: no snapshot of it, and no mirror`,
      `\`fts rebuild ${volume} --plan\` says what is known; name a source with --repository or --remote`,
    );
  }
  const { source, notes } = choice;
  const unseen = failures.map(
    (failure) => `not looked at: ${failure instanceof Error ? failure.message : String(failure)}`,
  );
  return {
    asked:
      'remote' in source
        ? { remote: source.remote }
        : { repository: source.repository, snapshot: source.snapshot },
    notes: [...notes, ...unseen],
  };
}

async function candidatesIn(
  setting: RestoreSetting,
  volume: string,
  { name, lostToo }: { name: string; lostToo: boolean },
): Promise<SourceCandidate[]> {
  const { loaded, signal } = setting;
  const root = volumeRoot(loaded, volume);
  const roots = [...new Set([root, await realpath(root).catch(() => root)])];
  const assume = volumesSavedTo(loaded.estate, name).every((saved) => saved === volume);
  const snapshots = await listSnapshots(await openGuarded(setting, name), signal);
  return snapshots.flatMap((snapshot) => {
    const cover = coverOf(snapshot.paths, { roots, assume });
    if (cover === undefined) return [];
    return {
      ...{ repository: name, snapshot: snapshot.id, atMs: Date.parse(snapshot.time) },
      ...{ partial: isPartial(snapshot), whole: cover.how !== 'below', lostToo },
    };
  });
}

/** Mirrors of the volume, as of the end of the last run that is on record. */
async function mirrorsHere({ loaded, state }: RestoreSetting, volume: string): Promise<SourceCandidate[]> {
  const jobs = Object.entries(loaded.estate.jobs).flatMap(([name, job]) =>
    job.kind === 'mirror' && job.volume === volume ? [{ name, remote: job.remote }] : [],
  );
  return Promise.all(
    jobs.map(async ({ name, remote }): Promise<SourceCandidate> => {
      const endedAt = (await readJobRecord(state, name))?.lastSuccess?.endedAt;
      return {
        ...{ remote, partial: false, whole: true },
        atMs: endedAt === undefined ? 0 : Date.parse(endedAt),
      };
    }),
  );
}
