import { previewKeep } from '../adapters/keep-preview.js';
import type { State } from '../adapters/state.js';
import { FtsError } from '../domain/failures.js';
import type { RunError } from '../domain/job.js';
import { type Keep, inForceFrom, sameKeep, waitingSince } from '../domain/retention.js';
import { RecordedKeeps, keepRecordFile } from '../estate/keep-record.js';
import type { LoadedEstate } from '../estate/load.js';
import { jobHost } from '../estate/lookup.js';
import { hostsHere } from './hosts-here.js';

/** Snapshots that one answer lists. */
const MOST_LISTED = 50;

/** So long a repository may take to answer for one job (milliseconds). */
const PATIENCE_MS = 60_000;

/** What a changed `keep` of one job will do. */
export interface KeepPreview {
  job: string;
  host: string;
  repository: string;
  /** The one in force, and the declared one; null where only the job's own host knows. */
  keep: { from: Keep; to: Keep } | null;
  /** Snapshots that the declared one removes and the one in force does not; null if that could not be found out. */
  removes: number | null;
  /** The oldest of these, at most 50. Times are RFC 3339 UTC. */
  snapshots: { id: string; time: string }[];
  /** Until when they stay; until `noticed`, counted from now. Null when nothing would go. */
  heldUntil: string | null;
  /** A run has seen the change, so that the day of waiting has begun. */
  noticed: boolean;
  /** Why it could not be found out. */
  error?: RunError;
}

const NOTHING = { removes: null, snapshots: [], heldUntil: null, noticed: false };

/**
 * For each job of this machine whose `keep` is not the one in force: what that would remove. Changes nothing. Of the
 * jobs in `changed` that are another host's it says where to ask.
 */
export async function keepChanges(
  loaded: LoadedEstate,
  state: State,
  changed: ReadonlySet<string>,
): Promise<KeepPreview[]> {
  const here = await hostsHere(loaded, state);
  const previews: KeepPreview[] = [];
  for (const [job, declared] of Object.entries(loaded.estate.jobs)) {
    if (declared.kind !== 'snapshot' && declared.kind !== 'backup') continue;
    const { repository, keep } = declared;
    const host = jobHost(loaded.estate, job);
    const asked = { job, host, repository };
    if (here.has(host)) {
      const preview = await previewHere(loaded, state, { ...asked, to: keep });
      if (preview) previews.push(preview);
    } else if (changed.has(job)) previews.push({ ...asked, keep: null, ...NOTHING, error: askOn(host) });
  }
  return previews;
}

/** Undefined where the declared `keep` is in force, or no run has recorded one yet. */
async function previewHere(
  loaded: LoadedEstate,
  state: State,
  { to, ...asked }: { job: string; host: string; repository: string; to: Keep },
): Promise<KeepPreview | undefined> {
  let known: Pick<KeepPreview, 'keep' | 'noticed'> = { keep: null, noticed: false };
  try {
    const record = await state.read(keepRecordFile(asked.job), RecordedKeeps);
    if (!record || sameKeep(record.keep, to)) return undefined;
    const { keep: from, waiting } = record;
    known = { keep: { from, to }, noticed: waiting !== undefined && sameKeep(waiting.keep, to) };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const doomed = await previewKeep({ loaded, state, signal }, { ...asked, from, to });
    const heldUntil = doomed.length === 0 ? null : inForceFrom(waitingSince(record, to, new Date()));
    return { ...asked, ...known, removes: doomed.length, snapshots: doomed.slice(0, MOST_LISTED), heldUntil };
  } catch (error) {
    return { ...asked, ...NOTHING, ...known, error: reasonOf(error) };
  }
}

const askOn = (host: string): RunError => ({
  type: 'OtherHost',
  message: `only ${host} can tell which snapshots a changed \`keep\` would remove`,
  hint: `run \`fts schedules plan\` on ${host}`,
});

function reasonOf(error: unknown): RunError {
  if (error instanceof FtsError) {
    const { type, message, hint } = error;
    return { type, message, ...(hint !== undefined && { hint }) };
  }
  if (error instanceof Error && error.name === 'TimeoutError')
    return { type: 'RepositoryUnreachable', message: 'the repository did not answer within a minute' };
  return { type: 'Internal', message: error instanceof Error ? error.message : String(error) };
}
