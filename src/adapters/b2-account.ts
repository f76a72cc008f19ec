import { z } from 'zod';
import type { KeyRights } from '../domain/b2-rights.js';
import { FtsError } from '../domain/failures.js';
import { type RcloneRemote, optionOf } from './rclone-remote.js';

/** B2's own address, unless the remote declares another. */
const ENDPOINT = 'https://api.backblazeb2.com';

/** Earlier versions of the API do not take keys that are restricted to several buckets. */
const VERSION = 'v4';

const CALL_MS = 30_000;

const Account = z.object({
  accountId: z.string(),
  authorizationToken: z.string(),
  apiInfo: z.object({ storageApi: z.object({ apiUrl: z.string() }) }),
});

const Rights = z.object({
  apiInfo: z.object({
    storageApi: z.object({
      allowed: z.object({
        capabilities: z.array(z.string()),
        buckets: z.array(z.object({ name: z.string().nullish() })).nullish(),
        namePrefix: z.string().nullish(),
      }),
    }),
  }),
});

type Call = (operation: string, parameters: object) => Promise<unknown>;

/** Signs in at B2, past rclone, for calls that it does not make. */
export async function authorized(remote: RcloneRemote): Promise<Call> {
  const { accountId, authorizationToken, apiInfo } = Account.parse(await signIn(remote));
  return (operation, parameters) =>
    send(`${apiInfo.storageApi.apiUrl}/b2api/${VERSION}/${operation}`, {
      method: 'POST',
      headers: { Authorization: authorizationToken },
      body: JSON.stringify({ accountId, ...parameters }),
    });
}

/** What the remote's key is good for. Fails with `RemoteDenied` for one that B2 does not take, and `RemoteUnreachable`. */
export async function rightsOf(remote: RcloneRemote): Promise<KeyRights> {
  const answer = Rights.safeParse(await signIn(remote));
  if (!answer.success)
    throw new FtsError('RemoteUnreachable', `remote ${remote.name}: what answers there is not B2`);
  const { capabilities, buckets, namePrefix } = answer.data.apiInfo.storageApi.allowed;
  return {
    capabilities,
    buckets: buckets?.flatMap(({ name }) => name ?? []),
    namePrefix: namePrefix ?? '',
  };
}

async function signIn(remote: RcloneRemote): Promise<unknown> {
  const [account = '', key = '', endpoint = ENDPOINT] = ['account', 'key', 'endpoint'].map((option) =>
    optionOf(remote, option),
  );
  const basic = Buffer.from(`${account}:${key}`).toString('base64');
  const url = `${endpoint}/b2api/${VERSION}/b2_authorize_account`;
  return send(url, { headers: { Authorization: `Basic ${basic}` } }, remote.name);
}

async function send(url: string, request: RequestInit, remote = ''): Promise<unknown> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(CALL_MS) }).catch(
    (error: unknown) => {
      throw new FtsError('RemoteUnreachable', `remote ${remote}: B2 cannot be reached: ${reasonOf(error)}`);
    },
  );
  if (response.ok) return response.json().catch(() => undefined);
  const refused = response.status === 401 || response.status === 403;
  throw new FtsError(
    refused ? 'RemoteDenied' : 'RemoteUnreachable',
    `remote ${remote}: B2 ${refused ? 'does not take the key' : 'answered'} (${String(response.status)})`,
  );
}

const reasonOf = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? error.cause.message
      : error.message
    : String(error);
