import { execaSync } from 'execa';
import type { Fault } from '../fault.js';

/** A file that was gone, and that the plan wants deleted, is in the source again; `onReturn` is told which. */
export const fileReturns = (
  aside: string,
  place: string,
  gone: readonly string[],
  { returned, onReturn }: { returned: Set<string>; onReturn: (name: string) => Promise<void> },
): Fault => ({
  name: 'file-returns',
  weight: 2,
  demands: [],
  lasts: [0, 0],
  strike: async (_, random) => {
    const left = gone.filter((name) => !returned.has(name));
    if (left.length === 0) return undefined;
    const name = random.pick(left);
    const { exitCode } = execaSync('cp', ['-a', '--', `${aside}/${name}`, place], { reject: false });
    if (exitCode !== 0) return undefined;
    returned.add(name);
    await onReturn(name);
    return { target: name, atRest: false, lift: () => Promise.resolve() };
  },
});
