import type { Rule } from './rule.js';

/** A check looks into one repository or one remote that a mirror writes. */
export const checks: Rule = ({ draft, intact, declared, report, reportMissing }) => {
  const jobs = Object.entries(draft.jobs);
  const mirrored = new Set(jobs.map(([, job]) => (job.kind === 'mirror' ? job.remote : undefined)));
  for (const [name, job] of jobs) {
    const at = (key: string) => ['jobs', name, key];
    if (job.kind !== 'check' || !intact(at('repository')) || !intact(at('remote'))) continue;
    const { repository, remote } = job;
    if (repository === undefined && remote === undefined) {
      reportMissing(at('repository'), 'one of repository and remote');
    } else if (repository !== undefined && remote !== undefined) {
      report(at('remote'), 'found both repository and remote, expected one of them');
    } else if (remote !== undefined && declared('remotes')?.has(remote) && !mirrored.has(remote)) {
      report(at('remote'), `found a remote that no mirror writes, expected that of a mirror`);
    }
  }
};
