import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Clock } from './clock.js';
import { B2Error } from './protocol.js';
import type { Bucket } from './records.js';

/** What an account token lives, as B2 says. */
const TOKEN_LIFETIME_MS = 24 * 3_600_000;

/** What a key may do; the names are B2's. */
const CAPABILITIES = [
  ...['listBuckets', 'writeBuckets', 'deleteBuckets', 'listFiles', 'readFiles'],
  ...['writeFiles', 'deleteFiles', 'shareFiles'],
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** A key that is declared when the stand-in starts. `bucket` (its name) and `namePrefix` restrict it. */
export const ApplicationKeySchema = z.strictObject({
  id: z.string().min(1),
  key: z.string().min(1),
  capabilities: z.array(z.enum(CAPABILITIES)).readonly(),
  bucket: z.string().optional(),
  namePrefix: z.string().optional(),
});
export type ApplicationKey = z.infer<typeof ApplicationKeySchema>;

/** What a token is good for: an account's calls, one upload address, or downloads below a prefix. */
export type Grant =
  | { kind: 'account'; key: ApplicationKey }
  | { kind: 'upload'; key: ApplicationKey; bucketId: string }
  | { kind: 'part'; key: ApplicationKey; fileId: string }
  | { kind: 'download'; bucketId: string; namePrefix: string };
type GrantOf<Kind extends Grant['kind']> = Extract<Grant, { kind: Kind }>;

const unauthorized = (message: string): B2Error => new B2Error(401, 'unauthorized', message);

/** Keys, and the tokens given for them. Tokens live in memory: after a restart clients must authorize anew. */
export class Access {
  readonly #keys: ReadonlyMap<string, ApplicationKey>;
  readonly #tokens = new Map<string, { grant: Grant; expires: number }>();
  readonly #clock: Clock;

  constructor(keys: readonly ApplicationKey[], clock: Clock) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#clock = clock;
  }

  /** The key of a Basic authorization, if it is one and its secret is right. */
  signIn({ authorization = '' }: IncomingHttpHeaders): ApplicationKey {
    const [, encoded = ''] = /^Basic (\S+)$/i.exec(authorization) ?? [];
    const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
    const key = this.#keys.get(id);
    if (key?.key !== secret.join(':')) throw new B2Error(401, 'bad_auth_token', '');
    return key;
  }

  issue(grant: Grant, lifetimeMs = TOKEN_LIFETIME_MS): string {
    const token = `4_${randomBytes(24).toString('base64url')}`;
    this.#tokens.set(token, { grant, expires: this.#clock.now() + lifetimeMs });
    return token;
  }

  /** What a token of one of these kinds was given for. */
  grant<Kind extends Grant['kind']>(token: string | undefined, ...kinds: Kind[]): GrantOf<Kind> {
    const found = this.#tokens.get(token ?? '');
    if (!token) throw new B2Error(401, 'bad_auth_token', 'Authorization token is missing');
    if (!found || !isOf(found.grant, kinds))
      throw new B2Error(401, 'bad_auth_token', 'Invalid authorization token');
    if (found.expires > this.#clock.now()) return found.grant;
    this.#tokens.delete(token);
    throw new B2Error(401, 'expired_auth_token', 'Authorization token has expired');
  }

  /** The key behind an account token, if it may do this. */
  account({ authorization }: IncomingHttpHeaders, capability: Capability): ApplicationKey {
    const { key } = this.grant(authorization, 'account');
    requireCapability(key, capability);
    return key;
  }
}

export function requireCapability({ id, capabilities }: ApplicationKey, capability: Capability): void {
  if (!capabilities.includes(capability)) throw unauthorized(`${id} lacks the capability ${capability}`);
}

/** Refuses a bucket, or a name in it, that the key is not for. */
export function requireReach(
  { id, bucket, namePrefix }: ApplicationKey,
  { bucketName }: Bucket,
  name?: string,
): void {
  if (bucket !== undefined && bucket !== bucketName)
    throw unauthorized(`${id} is not for the bucket ${bucketName}`);
  if (name !== undefined && !name.startsWith(namePrefix ?? ''))
    throw unauthorized(`${id} is only for names that begin with ${namePrefix ?? ''}`);
}

function isOf<Kind extends Grant['kind']>(grant: Grant, kinds: readonly Kind[]): grant is GrantOf<Kind> {
  return kinds.some((kind) => kind === grant.kind);
}
