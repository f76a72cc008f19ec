import type { MirrorFindings } from '../src/adapters/mirror/check.js';
import {
  type CheckResult,
  coverage,
  groupsOf,
  nextSubset,
  partsFor,
  subsetText,
  withReading,
} from '../src/domain/check.js';
import type { RunError } from '../src/domain/job.js';
import { mirrorTo, volumesOfJob } from '../src/estate/lookup.js';
import { mirrorCheckFile, readCheckRecord, writeCheckRecord } from './check-record.js';
import type { CheckDependencies, CheckStep } from './check-step.js';
import { UploadRecord, record as mirrorRecord } from './mirror-step.js';
import { requireSameTree } from './require-volumes.js';

/**
 * Compares one part of what a mirror holds with its volume, byte for byte, and remembers that the part was read. If the
 * process dies before that, the part comes again. While a first upload is under way nothing is due, and nothing counts as
 * read. Fails with `NothingToVerify` for a mirror that never ran.
 */
export async function checkMirror(
  { state, openRemote, mirrorCheck, recordOf }: CheckDependencies,
  { loaded, job, jobName, guarded, tell, signal }: CheckStep & { job: { remote: string } },
): Promise<CheckResult & { failure?: RunError }> {
  const mirror = mirrorTo(loaded.estate, job.remote);
  const [volume = ''] = volumesOfJob(loaded.estate, mirror);
  const before = await guarded.require(volume, { signal });
  const requireSame = async (): Promise<void> => {
    requireSameTree(volume, before.identity, await guarded.require(volume, { signal }), 'check');
  };
  const remote = await openRemote(loaded, job.remote, before.mountpoint);
  const id = mirrorCheck.identityOf(remote);
  const file = mirrorCheckFile(job.remote);
  const record = await readCheckRecord(state, file, id);
  const subset = record.trouble?.subset ?? nextSubset(record.readings, partsFor(job.readData));

  const startedAt = new Date();
  const last = (await recordOf(mirror))?.last;
  const runId = last?.outcome === 'failed' || last?.outcome === 'cancelled' ? undefined : last?.runId;
  const upload = await state.read(mirrorRecord(mirror, 'upload'), UploadRecord);
  const found = await mirrorCheck
    .check({
      ...{ job: jobName, mirror, runId, remote, root: before.mountpoint, signal },
      ...{ groups: groupsOf(subset), postponed: upload?.runId === runId ? upload?.postponed : undefined },
      tell: (progress) => {
        tell({ phase: 'check', ...progress });
      },
    })
    .catch(async (error: unknown) => {
      if (!signal.aborted) await requireSame();
      throw error;
    });
  await requireSame();

  const { errors, compared, changed, first } = found;
  if (found.isBeingFilled) {
    const covered = coverage(record.readings, new Date());
    return { subset: subsetText(subset), covered, errors, compared, notYet: beingFilled(mirror) };
  }
  const readings = errors > 0 ? record.readings : withReading(record.readings, subset, startedAt);
  const trouble = { at: startedAt.toISOString(), subset, confirmed: true, errors };
  await writeCheckRecord(state, file, { id, readings, ...(errors > 0 && { trouble }) });
  return {
    ...{ subset: subsetText(subset), covered: coverage(readings, new Date()), errors, compared },
    ...(changed > 0 && { changed }),
    ...(errors > 0 && { first, failure: damage({ remote: job.remote, jobName, mirror }, found) }),
  };
}

const beingFilled = (mirror: string): string =>
  `mirror ${mirror} is being filled for the first time: nothing was there yet that could be compared`;

function damage(
  { remote, jobName, mirror }: { remote: string; jobName: string; mirror: string },
  { errors, first }: MirrorFindings,
): RunError {
  const [example] = first;
  const count = `${String(errors)} ${errors === 1 ? 'file' : 'files'}`;
  return {
    type: 'VerificationFailed',
    message: `${count} in remote ${remote} ${errors === 1 ? 'is' : 'are'} not what the volume has, such as ${example?.path ?? ''}: ${example?.message ?? ''}`,
    hint: `if the files in the volume are good, touch them, then \`fts run ${mirror}\` and \`fts run ${jobName}\`; if not, the remote may hold the good ones`,
  };
}
