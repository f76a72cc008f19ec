import { excludeProblem } from '../../domain/go-match.js';
import { filterProblem } from '../../domain/rclone-glob.js';
import { showText } from '../yaml/show.js';
import type { Rule } from './rule.js';

/** The tool that each kind of job hands its patterns to, and why that refuses one. */
const TOOLS = {
  snapshot: { tool: 'restic', problemOf: excludeProblem },
  backup: { tool: 'restic', problemOf: excludeProblem },
  mirror: { tool: 'rclone', problemOf: filterProblem },
} as const;

/** `excludePatterns` are in the syntax of the job's tool. */
export const patterns: Rule = ({ draft, intact, report }) => {
  for (const [name, job] of Object.entries(draft.jobs)) {
    if (job.kind !== 'snapshot' && job.kind !== 'backup' && job.kind !== 'mirror') continue;
    const { tool, problemOf } = TOOLS[job.kind];
    for (const [index, pattern] of (job.excludePatterns ?? []).entries()) {
      const at = ['jobs', name, 'excludePatterns', index];
      const problem = intact(at) ? problemOf(pattern) : undefined;
      if (problem !== undefined)
        report(at, `found ${showText(pattern)}, expected a pattern for ${tool}: it has ${problem}`);
    }
  }
};
