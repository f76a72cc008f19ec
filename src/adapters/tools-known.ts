/** The programs that do the work. */
export const TOOL_NAMES = ['restic', 'rclone', 'temporal'] as const;

/**
 * What is better had than not, on Linux: getfattr(1), without which a mirror's manifest lacks extended attributes, and
 * setfattr(1), without which a restore from a mirror does. Debian has both in its package `attr`.
 */
export const OPTIONAL_TOOLS = ['getfattr', 'setfattr'] as const;

export type ToolName = (typeof TOOL_NAMES)[number] | (typeof OPTIONAL_TOOLS)[number];

/** How a tool is recognised, and what to tell a person who lacks it. */
export interface KnownTool {
  /** What `minimum` counts: temporal's own version says little, the server in it is what matters. */
  label: string;
  /** Oldest version that will do. */
  minimum: string;
  versionArguments: readonly string[];
  /** Its first group is the version. */
  versionPattern: RegExp;
  /** Where its makers tell how to install it. */
  manual: string;
}

/**
 * restic 0.17 brought exit codes 10, 11 and 12; rclone 1.68 local names that are taken as they are; Temporal server 1.28 the
 * worker deployments that the control worker registers.
 */
export const KNOWN_TOOLS: Record<ToolName, KnownTool> = {
  restic: {
    label: 'restic',
    minimum: '0.17',
    versionArguments: ['version'],
    versionPattern: /^restic (\d+\.\d+(?:\.\d+)?)/m,
    manual: 'https://restic.readthedocs.io/en/stable/020_installation.html',
  },
  rclone: {
    label: 'rclone',
    minimum: '1.68',
    versionArguments: ['version'],
    versionPattern: /^rclone v(\d+\.\d+(?:\.\d+)?)/m,
    manual: 'https://rclone.org/install/',
  },
  temporal: {
    label: 'temporal with server',
    minimum: '1.28',
    versionArguments: ['--version'],
    versionPattern: /^temporal version .*\bServer (\d+\.\d+(?:\.\d+)?)/m,
    manual: 'https://docs.temporal.io/cli/setup-cli',
  },
  getfattr: {
    label: 'getfattr',
    minimum: '2.4',
    versionArguments: ['--version'],
    versionPattern: /^getfattr (\d+\.\d+(?:\.\d+)?)/m,
    manual: 'https://savannah.nongnu.org/projects/attr',
  },
  setfattr: {
    label: 'setfattr',
    minimum: '2.4',
    versionArguments: ['--version'],
    versionPattern: /^setfattr (\d+\.\d+(?:\.\d+)?)/m,
    manual: 'https://savannah.nongnu.org/projects/attr',
  },
};

/** Whether dotted version `a` is `b` or later; missing parts count as 0. */
export function isAtLeast(a: string, b: string): boolean {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
