import { ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import type { GraduationActivities } from '../activities/graduation.js';
import type { GraduationResult } from '../src/domain/graduation.js';
import type { ApprovableInput, HeldPath } from '../src/domain/hold.js';
import type { RunReport } from '../src/domain/job.js';
import { admit } from './admit.js';
import { conclude } from './conclude.js';
import { holdDetails } from './hold-details.js';
import { onHost } from './host-activities.js';

/**
 * Moves projects in which nothing changed for long to the archive, and deletes the hidden sources of earlier moves whose
 * time is over. Fails if a project could not be moved; the others are moved all the same.
 */
export async function graduation(input: ApprovableInput): Promise<RunReport<GraduationResult>> {
  const { job, host, approval } = input;
  const { sweepSources } = onHost<GraduationActivities>(host, { summary: 'delete old hidden sources' });
  const { graduateProjects } = onHost<GraduationActivities>(host, { summary: 'move cold projects' });

  let biggest: HeldPath[] = [];

  const report = await conclude<GraduationResult>(input, async (done) => {
    const admitted = await admit(input);
    if ('skipped' in admitted) return admitted.skipped;
    const { request } = admitted;

    setCurrentDetails('Hidden sources whose time is over are being deleted.');
    const sources = await sweepSources(request);

    setCurrentDetails(`Cold projects are being looked for and moved. How far it is: \`fts watch ${job}\`.`);
    const { result, failure, ...held } = await graduateProjects({
      ...request,
      ...(approval && { approval }),
    });
    biggest = held.biggest;
    done.result = { ...result, sources };
    if (failure !== undefined) throw unmoved(done.result, failure);
    return { outcome: result.hold ? 'held' : 'complete', result: done.result };
  });
  // After its end was told: the Web UI shows a held run's biggest projects, which its result leaves out.
  if (report.result?.hold !== undefined) setCurrentDetails(holdDetails(report.result.hold, biggest));
  return report;
}

function unmoved({ counts, failed, report }: GraduationResult, type: string): ApplicationFailure {
  const [first] = failed;
  const count = `${String(counts.failed)} ${counts.failed === 1 ? 'project' : 'projects'} could not be moved`;
  const example = first ? `: ${first.project}: ${first.reason}` : '';
  const details = [{ hint: `all that happened is listed in ${report} on the host` }];
  return ApplicationFailure.create({ type, message: `${count}${example}`, nonRetryable: true, details });
}
