import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import type { SnapshotNode } from '../../domain/snapshot-node.js';
import { utcTime } from '../../domain/utc-time.js';
import { runRestic } from '../restic.js';
import { ResticExit } from './failure.js';
import type { ResticRepository } from './repository.js';
import { missing } from './snapshots.js';

/** An entry as `restic ls` and `restic find` print it. */
const Printed = z.looseObject({
  path: z.string(),
  type: z.string(),
  name: z.string().exactOptional(),
  size: z.number().exactOptional(),
  mtime: z.string().exactOptional(),
});

/** What says what a line is, and not what an entry is. */
const ABOUT_THE_LINE = new Set(['message_type', 'struct_type']);
const TIMES = new Set(['mtime', 'atime', 'ctime']);

/** The entry with restic's own names of fields in camel case, and times in UTC. */
export function nodeOf(printed: unknown): SnapshotNode {
  const { path, ...rest } = Printed.parse(printed);
  const fields = Object.entries(rest).flatMap(([key, value]): [string, unknown][] =>
    ABOUT_THE_LINE.has(key)
      ? []
      : [[camelCase(key), TIMES.has(key) && typeof value === 'string' ? utcTime(value) : value]],
  );
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    ...Object.fromEntries(fields),
    ...{ path, type: rest.type },
  };
}

const camelCase = (key: string): string =>
  key.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** restic when it only looks: no lock of its own, and none of ours. */
export async function lookWithRestic(
  repository: ResticRepository,
  args: readonly string[],
  how: Pick<Parameters<typeof runRestic>[1], 'onMessage' | 'onOutput' | 'signal'>,
): Promise<string> {
  const [command = '', ...rest] = args;
  const exit = await runRestic(repository, {
    args: [command, '--json', '--no-lock', ...rest],
    locked: false,
    ...how,
  });
  if (exit.exitCode === ResticExit.noRepository) throw missing(repository);
  if (exit.exitCode !== ResticExit.complete) {
    throw new FtsError(
      'ToolFailed',
      `repository ${repository.name}: restic ${command} could not read all of it`,
    );
  }
  return exit.stdout;
}

export interface LookOptions {
  /** Everything below, and not only what is directly in a folder. */
  recursive?: boolean;
  signal?: AbortSignal;
}

/**
 * Lists places of a snapshot's tree, entry by entry in the tree's order: of a folder itself and what is in it, of
 * anything else itself. What is not there is left out.
 */
export async function lookInto(
  repository: ResticRepository,
  { snapshot, places }: { snapshot: string; places: readonly string[] },
  onNode: (node: SnapshotNode) => void,
  { recursive = false, signal }: LookOptions = {},
): Promise<void> {
  await lookWithRestic(repository, ['ls', ...(recursive ? ['--recursive'] : []), '--', snapshot, ...places], {
    ...(signal && { signal }),
    onMessage: (message) => {
      if (isNode(message)) onNode(nodeOf(message));
    },
  });
}

const isNode = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && 'path' in message;
