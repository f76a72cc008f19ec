import type { IncomingMessage } from 'node:http';
import { badRequest } from './protocol.js';
import type { Staged } from './contents.js';
import type { Store } from './store.js';

/** Said in place of a checksum when its digits follow the content. */
const AT_END = 'hex_digits_at_end';

const SHA1_DIGITS = 40;

/** Content that arrived whole. `declaredSha1` is what a listing shows of it. */
export interface Received {
  staged: Staged;
  declaredSha1: string;
}

/** Takes in an upload's content and checks it against the SHA-1 that came with it. */
export async function receiveBody(request: IncomingMessage, store: Store): Promise<Received> {
  const length = Number(request.headers['content-length']);
  const declared = request.headers['x-bz-content-sha1'];
  if (!Number.isSafeInteger(length)) throw badRequest('Missing header: Content-Length');
  if (typeof declared !== 'string') throw badRequest('Missing header: X-Bz-Content-Sha1');
  const [, unverified] = /^unverified:([0-9a-f]{40})$/i.exec(declared) ?? [];
  const checked = declared !== 'do_not_verify' && unverified === undefined;
  if (checked && declared !== AT_END && !/^[0-9a-f]{40}$/i.test(declared))
    throw badRequest(`Invalid X-Bz-Content-Sha1: ${declared}`);
  if (declared === AT_END && length < SHA1_DIGITS) throw badRequest('Content ends before its SHA1');

  const trailer = { digits: '' };
  const contentBytes = declared === AT_END ? length - SHA1_DIGITS : length;
  const staged = await store.contents.stage(contentOf(request, contentBytes, trailer));
  const expected = declared === AT_END ? trailer.digits : declared;
  if (checked && expected.toLowerCase() !== staged.sha1) {
    store.contents.discard(staged);
    throw badRequest('Sha1 did not match data received');
  }
  return { staged, declaredSha1: checked ? staged.sha1 : unverified === undefined ? 'none' : declared };
}

/** The first `bytes` of a body; what follows them goes into the trailer. */
async function* contentOf(
  body: AsyncIterable<Buffer>,
  bytes: number,
  trailer: { digits: string },
): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of body) {
    if (left > 0) yield chunk.subarray(0, left);
    if (chunk.length > left) trailer.digits += chunk.toString('latin1', left);
    left = Math.max(0, left - chunk.length);
  }
}
