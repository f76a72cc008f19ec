import type { HeldPath, HoldNotice } from '../src/domain/hold.js';
import { formatSize } from '../src/domain/units.js';

/** A hold as the Web UI shows it (Markdown): why, how to answer, and what is biggest in its plan. */
export function holdDetails(
  { reason, approveWith, expiresAt }: HoldNotice,
  biggest: readonly HeldPath[],
): string {
  const paths = biggest.map(({ path, bytes }) => `- ${inline(path)}: ${formatSize(bytes)}`);
  return [
    `**held**: ${reason}`,
    `Approve it until ${expiresAt} with \`${approveWith}\`, or reject it with \`fts reject\` and the job's name.`,
    ...(paths.length === 0 ? [] : ['The biggest of it:', paths.join('\n')]),
  ].join('\n\n');
}

/** A name must not end its own quotation. */
const inline = (path: string): string => `\`${path.replaceAll('`', "'")}\``;
