import { type Fault, type Struck, needsDisks } from '../fault.js';
import { signal } from '../processes.js';
import type { Disk } from '../disk.js';
import type { World } from '../world.js';

type Volume = 'flux' | 'space';

const BUSY_TRIES = 30;

/** Something that happens to one disk and stays until it is repaired. */
const trouble = (
  name: string,
  place: Volume,
  demands: Fault['demands'],
  happen: (disk: Disk) => Promise<(() => Promise<void>) | undefined>,
): Fault => ({
  ...{ name: `${name}-${place}`, weight: 0.5, demands, outlastsRun: true, blinds: true, lasts: [0, 0] },
  missing: needsDisks,
  strike: async ({ disks }): Promise<Struck | undefined> => {
    const disk = disks?.[place];
    const lift = disk && (await happen(disk));
    return disk && lift && { target: disk.mountpoint, atRest: false, lift };
  },
});

/** No room: it ends the run as `DestinationFull`. */
export const diskFull = (place: Volume, demands: Fault['demands']): Fault => ({
  ...trouble('disk-full', place, demands, async (disk) => {
    await disk.fill();
    return () => disk.drain();
  }),
  ...{ weight: 1.5, blinds: false },
});

/** Mounted read-only from one moment to the next, where the kernel lets that happen. */
export const readOnly = (place: Volume): Fault =>
  trouble('read-only', place, ['VolumeUnavailable', 'ToolFailed'], async (disk) => {
    for (let tries = 0; tries < BUSY_TRIES; tries += 1) {
      if (await disk.remount('ro'))
        return async () => {
          await disk.remount('rw');
        };
    }
    return undefined;
  });

/** Unmounted under those who use it. */
export const vanish = (place: Volume): Fault =>
  trouble('vanish', place, ['VolumeUnavailable', 'ToolFailed', 'PathMissing'], async (disk) => {
    await disk.detach();
    return () => disk.mount();
  });

/** The kernel shuts the filesystem down, as it does when a disk dies. */
export const shutDownDisk = (place: Volume): Fault =>
  trouble('shut-down', place, ['VolumeUnavailable', 'ToolFailed'], async (disk) => {
    await disk.cut();
    return async () => {
      await disk.unmount();
      await disk.mount();
    };
  });

/** The power fails: the workers are gone, and so is all that was not on the disks of volumes and state. */
export const powerCut: Fault = {
  name: 'power-cut',
  weight: 3,
  demands: [],
  lasts: [0, 1000],
  missing: needsDisks,
  strike: async (world) => {
    const { host, control, disks } = world;
    const target = host.id();
    if (!disks || !target) return undefined;
    const other = control.id();
    for (const one of [target, ...(other ? [other] : []), ...host.tools()]) signal(one, 'SIGKILL');
    const all = Object.values(disks);
    await Promise.all(all.map((disk) => disk.cut()));
    await Promise.all([host.gone(), control.gone()]);
    for (const disk of all) {
      await disk.unmount();
      await disk.mount();
    }
    return { target: `host worker ${String(target.pid)}`, atRest: true, lift: () => start(world) };
  },
};

async function start({ host, control }: World): Promise<void> {
  await Promise.all([host.start(), control.start()]);
}
