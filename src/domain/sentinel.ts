import { printableName } from './names.js';

/** Name of the sentinel at a volume's root. */
export const SENTINEL_NAME = '.fts-volume';

/** Folder at a volume's root for all that this product puts on it; never part of a snapshot, backup or mirror. */
export const OWN_FOLDER = '.fts';

/** A sentinel is some 150 bytes; what is longer than this is none. */
export const SENTINEL_MAX_BYTES = 4096;

/** What a volume says of itself. `created` is RFC 3339 UTC; `filesystemUuid` is null for a `directory` volume. */
export interface Sentinel {
  estate: string;
  volume: string;
  filesystemUuid: string | null;
  created: string;
}

/** What a look at a volume's root found: `device` as `major:minor`, the root's inode, and the sentinel's text. */
export interface RootFacts {
  device: string;
  inode: string;
  sentinel: string;
}

/** What the root of the declared volume must be. What is absent is not compared. */
export interface ExpectedRoot {
  estate: string;
  volume: string;
  filesystemUuid: string | null;
  created?: string;
  inode?: string;
  device?: string;
}

/** The content of a sentinel file. */
export const sentinelText = ({ estate, volume, filesystemUuid, created }: Sentinel): string =>
  `${JSON.stringify({ estate, volume, filesystemUuid, created })}\n`;

/** The sentinel, or undefined if the text is not one. Keys of later releases are ignored. */
export function parseSentinel(text: string): Sentinel | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { estate, volume, filesystemUuid, created }: Partial<Record<string, unknown>> = { ...value };
  if (typeof estate !== 'string' || typeof volume !== 'string' || typeof created !== 'string')
    return undefined;
  if (typeof filesystemUuid !== 'string' && filesystemUuid !== null) return undefined;
  return { estate, volume, filesystemUuid, created };
}

/** Whose the sentinel is, when it is not the expected volume's; for a sentence that begins with the place. */
export function foreignSentinel(sentinel: Sentinel, { estate, volume }: ExpectedRoot): string | undefined {
  if (sentinel.estate === estate && sentinel.volume === volume) return undefined;
  const whose = `volume ${printable(sentinel.volume)} of estate ${printable(sentinel.estate)}`;
  return `its sentinel ${SENTINEL_NAME} belongs to ${whose}, not to volume ${volume} of estate ${estate}`;
}

/** Why the root is not the expected volume's, for a sentence that begins with the place; undefined if it is. */
export function rootProblem(facts: RootFacts, expected: ExpectedRoot): string | undefined {
  const sentinel = parseSentinel(facts.sentinel);
  if (sentinel === undefined)
    return `its sentinel ${SENTINEL_NAME} is damaged: not what \`fts provision\` writes`;
  const foreign = foreignSentinel(sentinel, expected);
  if (foreign !== undefined) return foreign;
  if (sentinel.filesystemUuid !== expected.filesystemUuid) {
    return `its sentinel was made for ${filesystem(sentinel.filesystemUuid)}, and this is ${filesystem(expected.filesystemUuid)}`;
  }
  if (expected.created !== undefined && sentinel.created !== expected.created) {
    return `its sentinel dates from ${printable(sentinel.created)}, and the one this host recorded from ${expected.created}`;
  }
  return otherFolder(facts, expected);
}

/** How the folder differs from the recorded one: a copy has the same sentinel, but another inode or device. */
export function otherFolder(
  facts: Pick<RootFacts, 'device' | 'inode'>,
  { inode = facts.inode, device = facts.device }: Pick<ExpectedRoot, 'inode' | 'device'>,
): string | undefined {
  if (facts.inode === inode && facts.device === device) return undefined;
  return `it is another folder (device ${facts.device}, inode ${facts.inode}) than the one this host recorded (device ${device}, inode ${inode}); the sentinel is a copy`;
}

const filesystem = (uuid: string | null): string =>
  uuid === null ? 'a plain folder' : `filesystem ${printable(uuid)}`;

const printable = (text: string): string => printableName(text.slice(0, 80)).path;
