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
 */
const Journal = z.object({ startedAt: z.iso.datetime() });

const journalFile = (job: string): string => `journal/${job}.json`;

const Snapshot = z.object({ id: z.string(), time: z.coerce.date(), tags: z.array(z.string()).default([]) });

const Retagged = z.object({ message_type: z.literal('changed'), new_snapshot_id: z.string() });

export interface UnfinishedDependencies {
  state: Pick<State, 'read'>;
  host: string;
  run: (call: ResticCall) => Promise<unknown>;
}

/** Notes that a backup is about to start. */
export const begin = (state: Pick<State, 'write'>, job: string): Promise<void> =>
  state.write(journalFile(job), { startedAt: new Date().toISOString() } satisfies z.input<typeof Journal>);

/** Notes that it left a complete snapshot, or none. */
export const end = (state: Pick<State, 'remove'>, job: string): Promise<void> =>
  state.remove(journalFile(job));

/**
 * Tags what an unfinished backup of the job left as partial. Returns the ids of those snapshots, newest last: tagging
 * gives a snapshot a new one. Safe to repeat; fails as `runRestic` does.
 */
export async function settle({ state, host, run }: UnfinishedDependencies, job: string): Promise<string[]> {
  const journal = await state.read(journalFile(job), Journal);
  if (!journal) return [];
  const startedAt = new Date(journal.startedAt);
  const left = (await snapshotsOf(run, host, job)).filter(({ time }) => time >= startedAt);
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
