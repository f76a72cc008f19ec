const PRIME = 2n ** 130n - 5n;

/** Bits of the multiplier that count (RFC 8439, 2.5). */
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

const BLOCK_BYTES = 16;

const numberOf = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

/** The Poly1305 authenticator of a message (RFC 8439, 2.5): `r` and `s` are the halves of its one-time key. */
export function poly1305(r: Buffer, s: Buffer, message: Buffer): Buffer {
  const multiplier = numberOf(r) & CLAMP;
  let sum = 0n;
  for (let at = 0; at < message.length; at += BLOCK_BYTES) {
    const block = Buffer.concat([message.subarray(at, at + BLOCK_BYTES), Buffer.from([1])]);
    sum = ((sum + numberOf(block)) * multiplier) % PRIME;
  }
  const tag = BigInt.asUintN(8 * BLOCK_BYTES, sum + numberOf(s));
  return Buffer.from(tag.toString(16).padStart(2 * BLOCK_BYTES, '0'), 'hex').reverse();
}
