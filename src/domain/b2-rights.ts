/** What B2 says a key is good for. */
export interface KeyRights {
  capabilities: readonly string[];
  /** The buckets it is for, by name; undefined for all. */
  buckets: readonly string[] | undefined;
  /** How the names begin that it is for; empty for all. */
  namePrefix: string;
}

/** What is done with a key. */
export type KeyUse = 'mirror' | 'save' | 'look';

/** A folder in a bucket (`a/b/`; empty for all of it), and what is done there. */
export interface KeyNeeds {
  bucket: string;
  prefix: string;
  use: KeyUse;
}

/** What a key lacks is said together with what comes of it. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  listBuckets: 'cannot find the bucket, nor tell its rules',
  listFiles: 'cannot tell what is there',
  readFiles: 'can bring nothing back, nor verify anything',
  writeFiles: 'can bring nothing there',
  deleteFiles:
    "cannot remove restic's locks: each run tries for a minute at every lock, leaves it behind, and forgets and prunes nothing",
};

const LOOK = ['listBuckets', 'listFiles', 'readFiles'] as const;

/** What each use takes. What a mirror deletes is only hidden: its key need not be able to destroy anything. */
const CAPABILITIES: Readonly<Record<KeyUse, readonly string[]>> = {
  look: LOOK,
  mirror: [...LOOK, 'writeFiles'],
  save: [...LOOK, 'writeFiles', 'deleteFiles'],
};

/** What keeps a key from its use, for sentences that begin with the key. */
export function rightsProblems(rights: KeyRights, { bucket, prefix, use }: KeyNeeds): string[] {
  const { buckets, namePrefix, capabilities } = rights;
  if (buckets && !buckets.includes(bucket))
    return [`is for ${named(buckets)} only, and not for the bucket ${bucket}`];
  if (!prefix.startsWith(namePrefix))
    return [
      `is for names that begin with ${JSON.stringify(namePrefix)} only, and not for ${prefix === '' ? 'the whole bucket' : JSON.stringify(prefix)}`,
    ];
  // With a key for one bucket that is known without asking, but not what rules it has.
  const unasked = use !== 'mirror' && buckets !== undefined ? 'listBuckets' : undefined;
  return CAPABILITIES[use]
    .filter((capability) => capability !== unasked && !capabilities.includes(capability))
    .map((capability) => `lacks ${capability}, and so ${CONSEQUENCES[capability] ?? 'does not do'}`);
}

const named = (buckets: readonly string[]): string =>
  buckets.length === 0
    ? 'a bucket that is gone'
    : `the bucket${buckets.length > 1 ? 's' : ''} ${buckets.join(', ')}`;

/** The command that makes a key for that use, and for no more. */
export function keyCommand({ bucket, prefix, use }: KeyNeeds, name: string): string {
  const within = prefix === '' ? '' : ` --name-prefix '${prefix.replaceAll("'", String.raw`'\''`)}'`;
  return `b2 key create --bucket ${bucket}${within} ${name} ${CAPABILITIES[use].join(',')}`;
}
