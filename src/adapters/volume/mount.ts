import type { Volume } from '../../estate/schema.js';
import { type Mount, mountOf, readMounts } from '../mountinfo.js';
import { filesystemTag, hasDevice, mountGeneration } from './filesystem.js';

export type VolumeState = 'healthy' | 'missing' | 'wrong' | 'read-only' | 'dead' | 'unknown';

/** Why a volume is not healthy: `found` for people, `hint` where there is something to do. */
export interface VolumeProblem {
  state: Exclude<VolumeState, 'healthy'>;
  found: string;
  hint?: string;
}

/** What lies under a volume's root. */
export interface Ground {
  /** Absent where the system has no mount table. */
  mount?: Mount;
  /** Null for a `directory` volume. */
  filesystemUuid: string | null;
  /** Changes when the root is mounted anew. */
  generation: string;
  /** Said once everything else is as it should be. */
  readOnly: boolean;
}

/** Looks at the mount table and the device, not into the root. */
export async function examineMount(
  { filesystem }: Pick<Volume, 'filesystem'>,
  root: string,
  deadlineMs: number,
): Promise<Ground | VolumeProblem> {
  if (process.platform !== 'linux') {
    if (filesystem === 'directory') return { filesystemUuid: null, generation: '', readOnly: false };
    const found = `volumes of type ${filesystem} can be used on Linux only so far, and this is ${process.platform}`;
    return { state: 'unknown', found, hint: 'declare `filesystem: directory`' };
  }
  const mounts = await readMounts();
  if (filesystem === 'directory') {
    const mount = mountOf(mounts, root);
    if (mount === undefined) return { filesystemUuid: null, generation: '', readOnly: false };
    const generation = `${mount.id}.${await mountGeneration(mount, null)}`;
    return { mount, filesystemUuid: null, generation, readOnly: isReadOnly(mount) };
  }
  const here = mounts.filter(({ mountpoint }) => mountpoint === root);
  const [mount] = here;
  if (mount === undefined) {
    return { state: 'missing', found: 'nothing is mounted there', hint: `mount it at exactly ${root}` };
  }
  const problem = mountProblem(mount, here, filesystem) ?? (await deviceProblem(mount));
  if (problem !== undefined) return problem;
  const uuid = await filesystemTag(mount, 'UUID', deadlineMs);
  if (uuid?.kind === 'hung')
    return { state: 'dead', found: `its disk hangs: ${mount.source} does not answer` };
  if (uuid === undefined) {
    return {
      state: 'unknown',
      found: `the UUID of the ${mount.type} filesystem on ${mount.source} cannot be read`,
      hint: 'run the host worker as root, or on a system with udev',
    };
  }
  const generation = `${mount.id}.${await mountGeneration(mount, uuid.value)}`;
  return { mount, filesystemUuid: uuid.value, generation, readOnly: isReadOnly(mount) };
}

function mountProblem(mount: Mount, here: readonly Mount[], declared: string): VolumeProblem | undefined {
  if (here.length > 1) {
    const sources = here.map(({ source }) => source).join(', ');
    return {
      state: 'wrong',
      found: `${String(here.length)} filesystems are mounted there on top of each other (${sources})`,
      hint: `umount ${mount.mountpoint} until one is left`,
    };
  }
  if (mount.type !== declared) {
    return {
      state: 'wrong',
      found: `${mount.source} is mounted there as ${mount.type}, and ${declared} is declared`,
    };
  }
  if (mount.root !== '/' && mount.type !== 'btrfs') {
    return {
      state: 'wrong',
      found: `only the folder ${mount.root} of ${mount.source} is mounted there (a bind mount), not the filesystem itself`,
    };
  }
  return undefined;
}

async function deviceProblem(mount: Mount): Promise<VolumeProblem | undefined> {
  if (await hasDevice(mount)) return undefined;
  return { state: 'dead', found: `${mount.source} is still mounted there, but the device itself is gone` };
}

const isReadOnly = ({ options }: Mount): boolean => options.has('ro') || options.has('emergency_ro');
