import { FtsError } from '../../domain/failures.js';
import {
  foreignSentinel,
  otherFolder,
  parseSentinel,
  type Sentinel,
  SENTINEL_NAME,
} from '../../domain/sentinel.js';
import type { Ground, VolumeProblem } from './mount.js';
import { recordedFolder, type VolumeRecord } from './record.js';

/** What was seen of the volume that is to be provisioned. */
export interface Sight {
  estate: string;
  volume: string;
  mountpoint: string;
  ground: Ground;
  root: { device: string; inode: string };
  /** Text of the sentinel that is there. */
  sentinel: string | undefined;
  record: VolumeRecord | undefined;
  /** Nothing lies there but what this product and the filesystem make. */
  isEmpty: boolean;
  boot: string | undefined;
  /** RFC 3339 UTC. */
  now: string;
}

export interface Adoption {
  /** Given where it has to be written. */
  sentinel?: Sentinel;
  record: VolumeRecord;
  /** What is not as it was; one sentence each. */
  notes: string[];
}

/**
 * What sentinel and record are to be. Another estate's or volume's sentinel, or one that nobody can read, is never
 * written over; a volume that this host knew elsewhere is taken over, and the notes say so.
 */
export function adopt(sight: Sight): Adoption | VolumeProblem {
  const { estate, volume, mountpoint, ground, root, record, isEmpty, boot, now } = sight;
  const { filesystemUuid, mount } = ground;
  const kept = sight.sentinel === undefined ? undefined : parseSentinel(sight.sentinel);
  const file = `${mountpoint}/${SENTINEL_NAME}`;
  if (sight.sentinel !== undefined && kept === undefined) {
    const hint = `look at ${file}; if nothing in it is worth keeping, remove it and provision again`;
    return { state: 'wrong', found: `its sentinel ${SENTINEL_NAME} is damaged`, hint };
  }
  const foreign = kept && foreignSentinel(kept, { estate, volume, filesystemUuid });
  if (foreign !== undefined) {
    const hint = `declare another mountpoint; only if the data there is to become volume ${volume}, remove ${file} and provision again`;
    return { state: 'wrong', found: foreign, hint };
  }
  const valid = kept?.filesystemUuid === filesystemUuid ? kept : undefined;
  const created = valid?.created ?? now;
  const isKnown = valid !== undefined && record?.created === created;
  const emptyAt = isKnown ? record.emptyAt : isEmpty ? created : undefined;
  return {
    ...(valid ? {} : { sentinel: { estate, volume, filesystemUuid, created } }),
    record: {
      filesystemUuid,
      ...root,
      created,
      mountpoint,
      ...(mount?.type === 'btrfs' ? { subvolume: mount.root } : {}),
      ...(emptyAt === undefined ? {} : { emptyAt }),
      ...(boot === undefined ? {} : { boot }),
    },
    notes: [...sentinelNotes(sight, kept, valid), ...placeNotes(sight)],
  };
}

function sentinelNotes(
  { record, ground }: Sight,
  kept: Sentinel | undefined,
  valid: Sentinel | undefined,
): string[] {
  if (kept && !valid) {
    const [old, present] = [kept.filesystemUuid, ground.filesystemUuid].map(
      (uuid) => uuid ?? 'a plain folder',
    );
    return [
      `its sentinel was made for ${String(old)} and was written anew for ${String(present)}: the data is a copy`,
    ];
  }
  if (kept && !record) return [`it was provisioned before, at ${kept.created}; this host adopted it`];
  if (!kept && record) return ['its sentinel was gone and was written anew'];
  return [];
}

/** Says so when what is at the mountpoint is not what this host knew by the volume's name. */
function placeNotes({ record, ground, root, boot }: Sight): string[] {
  if (record === undefined) return [];
  if (record.filesystemUuid !== ground.filesystemUuid) {
    const known = record.filesystemUuid ?? 'a plain folder';
    return [`until now this host knew ${known} at ${record.mountpoint} as the volume; that is no longer it`];
  }
  const other = ground.filesystemUuid === null && otherFolder(root, recordedFolder(record, boot));
  return other ? [`${other}; from now on this one is the volume`] : [];
}

/** Advice for a filesystem that is not mounted, until provisioning can make one. */
export const makeByHand = (
  filesystem: string,
  label: string | undefined,
  volume: string,
  mountpoint: string,
): string =>
  `making filesystems comes in a later release; by hand: mkfs.${filesystem} ${label ? `-L ${label} ` : ''}DEVICE, ` +
  `mount DEVICE ${mountpoint}, and then \`fts provision ${volume}\``;

/** An error of the file system in the midst of the work, as a failure; undefined for any other error. */
export function writeFailure(error: unknown, volume: string, mountpoint: string): FtsError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const at = `volume ${volume} at ${mountpoint}`;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FtsError('DestinationFull', `${at} has no room left: ${error.message}`);
    case 'EACCES':
    case 'EPERM':
      return new FtsError(
        'VolumeUnavailable',
        `${at} is read-only to this user: ${error.message}`,
        'make the folder and give it to the user of the host worker, or run the host worker as root',
      );
    case 'EROFS':
    case 'EIO':
      return new FtsError('VolumeUnavailable', `${at} cannot be written: ${error.message}`);
    case 'ENOTDIR':
    case 'ELOOP':
      return new FtsError('PathUnsafe', `${at} cannot be made: ${error.message}`);
    default:
      return new FtsError('ToolFailed', `${at} could not be provisioned: ${error.message}`);
  }
}
