import { z } from 'zod';
import { FtsError } from '../src/domain/failures.js';
import { PARTIAL_TAG, jobTags } from '../src/domain/snapshot-identity.js';
import type { ResticCall } from '../src/adapters/restic.js';
import type { State } from '../src/adapters/state.js';

/**
 * Between the start of a `restic backup` and the moment its outcome is known, a journal says so. Whatever snapshot
 * such a run left is tagged `partial`: nobody knows whether everything was read, and a partial snapshot never counts.
 *
 * If the process dies before the journal is written, nothing has happened; after it and before restic saves, there is
 * no snapshot; after that, the next run finds the journal and tags before it writes a journal of its own. The journal
 * goes when a backup is known to be complete.
 *
 * A process that stood still goes on beside the one that took its work over. A journal that is there when another
 * attempt begins therefore keeps its moment: restic of the earlier attempt may be about to save. And one that is written
 * late says nothing of snapshots up to the newest that is on record as a success: those were settled before that began.
 */
const Journal = z.object({
  startedAt: z.iso.datetime(),
  /** Whose it is; absent in a journal of an earlier release. */
  attempt: z.string().optional(),
});

const journalFile = (job: string): string => `journal/${job}.json`;

const Snapshot = z.object({ id: z.string(), time: z.coerce.date(), tags: z.array(z.string()).default([]) });

const Retagged = z.object({ message_type: z.literal('changed'), new_snapshot_id: z.string() });

export interface UnfinishedDependencies {
  state: Pick<State, 'read'>;
  host: string;
  /** Id of the snapshot that the host has on record as the job's last success. */
  lastSuccess: (job: string) => Promise<string | undefined>;
  run: (call: ResticCall) => Promise<unknown>;
}

/** Notes that a backup is about to start. Answers with what `end` wants. Fails with `StateCorrupt`. */
export async function begin(state: Pick<State, 'read' | 'write'>, job: string): Promise<string> {
  const attempt = crypto.randomUUID();
  const earlier = await state.read(journalFile(job), Journal);
  const startedAt = earlier?.startedAt ?? new Date().toISOString();
  await state.write(journalFile(job), { startedAt, attempt } satisfies z.input<typeof Journal>);
  return attempt;
}

/**
 * Notes that the backup of that attempt left a complete snapshot, or none. The journal of a later one stays. Fails with
 * `StateCorrupt`.
 */
export async function end(
  state: Pick<State, 'read' | 'remove'>,
  job: string,
  attempt: string,
): Promise<void> {
  const journal = await state.read(journalFile(job), Journal);
  if (journal?.attempt === attempt) await state.remove(journalFile(job));
}

/**
 * Tags what an unfinished backup of the job left as partial. Returns the ids of those snapshots, newest last: tagging
 * gives a snapshot a new one. Safe to repeat; fails as `runRestic` does.
 */
export async function settle(
  { state, host, run, lastSuccess }: UnfinishedDependencies,
  job: string,
): Promise<string[]> {
  const journal = await state.read(journalFile(job), Journal);
  if (!journal) return [];
  const startedAt = new Date(journal.startedAt);
  const recorded = await lastSuccess(job);
  const all = await snapshotsOf(run, host, job);
  const settledUntil = all.find(({ id }) => id === recorded)?.time ?? new Date(0);
  const left = all.filter(({ time }) => time >= startedAt && time > settledUntil);
  const untagged = left.filter(({ tags }) => !tags.includes(PARTIAL_TAG)).map(({ id }) => id);
  const settled = left.filter(({ tags }) => tags.includes(PARTIAL_TAG)).map(({ id }) => id);
  if (untagged.length > 0) {
    await run({
      args: ['tag', '--json', '--add', PARTIAL_TAG, ...untagged],
      onMessage: (message) => {
        const { success, data } = Retagged.safeParse(message);
        if (success) settled.push(data.new_snapshot_id);
      },
    });
    if (settled.length !== left.length) {
      throw new FtsError(
        'VerificationFailed',
        `restic tagged ${String(settled.length)} of ${String(left.length)} snapshots`,
      );
    }
  }
  return settled;
}

async function snapshotsOf(
  run: UnfinishedDependencies['run'],
  host: string,
  job: string,
): Promise<z.infer<typeof Snapshot>[]> {
  let snapshots: z.infer<typeof Snapshot>[] = [];
  await run({
    args: ['snapshots', '--json', '--host', host, '--tag', jobTags(job)],
    onMessage: (message) => {
      snapshots = z.array(Snapshot).parse(message);
    },
  });
  return snapshots;
}
