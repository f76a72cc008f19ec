import { posix } from 'node:path';
import { isAbsoluteOn } from '../paths.js';
import { showText } from '../yaml/show.js';
import { PlaceIndex, placeKey } from './place-index.js';
import type { Rule } from './rule.js';

/** Bytes that a label may have: mkfs.xfs(8), mke2fs(8), mkfs.btrfs(8). */
const LONGEST_LABEL = { xfs: 12, ext4: 16, btrfs: 255 } as const;

/** Mountpoints are absolute (except of directories) and not the root; labels fit; drives are told apart. */
export const volumes: Rule = ({ draft, places, intact, report, reportMissing, warn }) => {
  const drives = new Map<string, string>();
  for (const [name, volume] of Object.entries(draft.volumes)) {
    const { mountpoint, filesystem, label, drive, host } = volume;
    const path = (...keys: string[]) => ['volumes', name, ...keys];
    const platform = Object.hasOwn(draft.hosts, host ?? '') ? draft.hosts[host ?? '']?.platform : undefined;
    if (mountpoint !== undefined && filesystem !== undefined && filesystem !== 'directory') {
      if (!isAbsoluteOn(platform ?? 'linux', mountpoint)) {
        report(
          path('mountpoint'),
          `found ${showText(mountpoint)}, expected an absolute path (only a directory volume may lie relative to the estate file)`,
        );
      }
    }
    if (/^(?:[a-z]:)?\/?$/i.test(places.volume(name)?.path ?? '-')) {
      report(
        path('mountpoint'),
        `found ${showText(mountpoint ?? '')}, expected a folder below the root of the machine`,
      );
    }
    if (label !== undefined && filesystem !== undefined && filesystem !== 'directory') {
      const [length, most] = [Buffer.byteLength(label), LONGEST_LABEL[filesystem]];
      if (length > most) {
        report(
          path('label'),
          `found a label of ${String(length)} bytes, expected at most ${String(most)} for ${filesystem}`,
        );
      }
    }
    if (!drive) continue;
    if (drive.serial !== undefined && drive.image !== undefined) {
      report(path('drive', 'image'), 'found both serial and image, expected one of them');
    } else if (drive.serial === undefined && drive.image === undefined && intact(path('drive'))) {
      reportMissing(path('drive', 'serial'), 'the serial number of a disk, or image');
    }
    if (filesystem === 'directory')
      warn(path('drive'), 'a directory volume has no drive: this one is never touched');
    if (drive.serial === undefined && drive.image === undefined) continue;
    const identity =
      drive.serial === undefined
        ? `${host ?? ''} image ${posix.normalize(drive.image ?? '')}`
        : `serial ${drive.serial}`;
    const other = drives.get(identity);
    if (other === undefined) drives.set(identity, name);
    else {
      const key = drive.serial === undefined ? 'image' : 'serial';
      report(path('drive', key), `found the ${key} of volume "${other}", expected one of its own`);
    }
  }
};

/** No volume lies at, or below, the mountpoint of another on the same host. */
export const nesting: Rule = ({ draft, places, report }) => {
  const index = new PlaceIndex();
  const located = Object.keys(draft.volumes).flatMap((name) => {
    const place = places.volume(name);
    return place && place.path !== '/' ? [{ name, key: placeKey(place) }] : [];
  });
  for (const { name, key } of located) {
    const other = index.at(key);
    if (other !== undefined) {
      const message = `found the mountpoint of volume "${other}", expected one of its own`;
      report(['volumes', name, 'mountpoint'], message);
    }
    index.add(key, name);
  }
  for (const { name, key } of located) {
    const outer = index.around(key);
    if (outer === undefined) continue;
    const inside = `which lies inside volume "${outer}" (${showText(draft.volumes[outer]?.mountpoint ?? '')})`;
    report(
      ['volumes', name, 'mountpoint'],
      `found ${showText(draft.volumes[name]?.mountpoint ?? '')}, ${inside}, expected a place outside: volumes are not nested`,
    );
  }
};
