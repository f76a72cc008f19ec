import { readdir } from 'node:fs/promises';
import { meetingName } from '../../domain/coldness.js';
import { printableName } from '../../domain/names.js';

/** So many projects of one name are dated on one day at most. */
const MOST_OF_A_DAY = 9;

/** NAME_MAX of every filesystem that a volume can have (bytes). */
const LONGEST_NAME = 255;

/** The day that is put behind a name, in UTC. */
export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

export interface DestinationNames {
  /** The name for a project, or why there is none. `date` puts the day behind a name that is taken. */
  choose(name: Buffer, onConflict: 'refuse' | 'date', day: string): { name: Buffer } | { conflict: string };
  take(name: Buffer): void;
}

/** The names at a destination. Names meet when some system would take them for one. */
export async function destinationNames(folder: string, volumePath: string): Promise<DestinationNames> {
  const taken = new Map<string, Buffer>();
  const take = (name: Buffer): void => void taken.set(meetingName(name), name);
  for (const name of await readdir(folder, { encoding: 'buffer' })) take(name);
  const exists = (other: Buffer): string => `conflict: ${volumePath}/${printableName(other).path} exists`;
  return {
    take,
    choose(name, onConflict, day) {
      const other = taken.get(meetingName(name));
      if (other === undefined) return { name };
      for (let nth = 1; onConflict === 'date' && nth <= MOST_OF_A_DAY; nth += 1) {
        const suffix = nth === 1 ? `-${day}` : `-${day}-${String(nth)}`;
        const dated = Buffer.concat([name, Buffer.from(suffix)]);
        if (dated.length > LONGEST_NAME)
          return { conflict: `${exists(other)}, and no date fits behind its name` };
        if (!taken.has(meetingName(dated))) return { name: dated };
      }
      return { conflict: exists(other) };
    },
  };
}
