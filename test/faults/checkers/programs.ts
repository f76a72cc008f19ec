import { type Tool, isBelow, programsOf, whoRemains } from '../processes.js';
import type { World } from '../world.js';
import { secretIn } from './secrets.js';

/** A tool ends within this time after its worker was killed (milliseconds); restic may clean up. */
export const ORPHAN_PATIENCE_MS = 20_000;

/** No program of ours goes on without whoever started it: all of them are below this process, or are about to end. */
export async function checkOrphans({ folder }: World): Promise<string[]> {
  const orphans = programsOf(folder).filter(({ pid }) => !isBelow(pid, process.pid));
  return (await whoRemains(orphans, ORPHAN_PATIENCE_MS)).map(
    ({ name, pid }) => `${name} (${String(pid)}) has nobody above it any more`,
  );
}

const WRITING: Readonly<Record<string, ReadonlySet<string>>> = {
  restic: new Set(['backup', 'forget', 'tag', 'prune', 'init']),
  rclone: new Set(['copy', 'copyto', 'delete']),
};

/** Invariant 6: one tool at a time writes a repository or a mirror. And 5: no argument of a program is a secret. */
export function checkPrograms({ folder }: World): string[] {
  const programs = programsOf(folder);
  const writers = programs.filter(isWriting);
  const told = programs.filter(({ args }) => args.some((arg) => secretIn(arg) !== undefined));
  const together = Object.keys(WRITING).flatMap((program) => {
    const these = writers.filter(({ name }) => name === program);
    return these.length > 1
      ? [
          `${String(these.length)} ${program} write at once: ${these.map(({ args }) => args.join(' ')).join('; ')}`,
        ]
      : [];
  });
  return [...together, ...told.map(({ name }) => `${name} has a secret among its arguments`)];
}

const isWriting = ({ name, args }: Tool): boolean => args.some((arg) => WRITING[name]?.has(arg));
