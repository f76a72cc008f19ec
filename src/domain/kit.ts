/** A secret that a kit should hold and does not. */
export interface MissingSecret {
  secret: string;
  neededBy: string[];
  /** Why it has no value here. */
  message: string;
}

/** What a kit says of itself, in `kit.json`. Holds no value of a secret. */
export interface KitManifest {
  /** Of this format. */
  kit: 1;
  estate: string;
  /** Name of the machine that wrote it. */
  machine: string;
  /** RFC 3339. */
  writtenAt: string;
  /** Names. */
  secrets: string[];
  missing: { secret: string; neededBy: string[] }[];
  repositories: string[];
  remotes: string[];
}

/** What a host remembers of the last kit that it wrote. */
export interface KitRecord {
  /** RFC 3339. */
  writtenAt: string;
  file: string;
  /** Hexadecimal; of both digests. */
  salt: string;
  /** Of names and values of the secrets, by scrypt: it tells nobody a value. */
  secrets: string;
  /** Of what the estate says of repositories, remotes and where secrets come from. */
  places: string;
  /** Names of the secrets in it. */
  names: readonly string[];
}

/** What the record is compared with. */
export interface KitFacts {
  secrets: string;
  places: string;
  names: readonly string[];
}

/** `unknown`: the secrets that are in the kit cannot all be read here now. */
export type KitState = 'current' | 'none' | 'outdated' | 'unknown';

/** Whether the last kit still has all that a new machine needs, and what changed if it has not. */
export function judgeKit(
  record: KitRecord | undefined,
  now: KitFacts | undefined,
): { state: KitState; changed: string | null } {
  if (record === undefined) return { state: 'none', changed: null };
  if (now === undefined) return { state: 'unknown', changed: null };
  if (now.places !== record.places)
    return { state: 'outdated', changed: 'the estate’s repositories, remotes or secrets' };
  const gone = record.names.filter((name) => !now.names.includes(name));
  const added = now.names.filter((name) => !record.names.includes(name));
  if (added.length > 0) return { state: 'outdated', changed: `there is a value now for ${added.join(', ')}` };
  if (gone.length > 0) return { state: 'unknown', changed: null };
  return now.secrets === record.secrets
    ? { state: 'current', changed: null }
    : { state: 'outdated', changed: 'the value of a secret' };
}
