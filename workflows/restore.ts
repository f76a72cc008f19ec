import { CancellationScope, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { RestoreActivities } from '../activities/restore.js';
import type { RunReport } from '../src/domain/job.js';
import {
  type RestoreInput,
  type RestoreResult,
  restoreShortfall,
  sourceText,
} from '../src/domain/restore.js';
import { errorOf, failureOf, tellEnd, unwrapped } from './ending.js';
import { onHost } from './host-activities.js';

/** A host that is away is not waited for only to clean up: its next restore does that. */
const CLEAN_UP = { scheduleToStartTimeout: '1 minute', retry: { maximumAttempts: 3 } } as const;

/** Brings files back from a snapshot or a mirror: settle what is meant, fetch, verify, publish. Nothing is at its place before it is verified. */
export async function restore({ host, ...request }: RestoreInput): Promise<RunReport<RestoreResult>> {
  const { prepareRestore, fetchRestore, verifyRestore, publishRestore } = onHost<RestoreActivities>(host);
  const { discardRestore } = onHost<RestoreActivities>(host, CLEAN_UP);
  const { estate, id } = request;
  let isPrepared = false;
  setCurrentDetails(`Host \`${host}\` looks what is meant.`);
  try {
    const source = await prepareRestore(request);
    isPrepared = true;
    setCurrentDetails(`${sourceText(source)}, by host \`${host}\`.`);
    await fetchRestore({ estate, id });
    await verifyRestore({ estate, id });
    const result = await publishRestore({ estate, id });
    const error = restoreShortfall(result);
    const report: RunReport<RestoreResult> = error
      ? { outcome: 'partial', result, error }
      : { outcome: 'complete', result };
    tellEnd(report, error?.message ?? `restored to \`${result.target.replaceAll('`', "'")}\``);
    return report;
  } catch (caught) {
    const discard = () => CancellationScope.nonCancellable(() => discardRestore({ estate, id }));
    const done = isPrepared ? await discard().catch(() => undefined) : undefined; // a host that is away does not tell
    const result = done ?? null;
    if (isCancellation(caught)) {
      tellEnd({ outcome: 'cancelled', result });
      throw unwrapped(caught);
    }
    const error = errorOf(caught);
    tellEnd({ outcome: 'failed', result, error });
    throw failureOf(error, result, caught);
  }
}
