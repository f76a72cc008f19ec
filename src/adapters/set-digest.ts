import { createHash } from 'node:crypto';

/** Digest of a set, whatever the order in which its members come: the sum, lane by lane, of their SHA-256. */
export class SetDigest {
  readonly #lanes = new Uint32Array(8);
  #members = 0;

  add(parts: (Buffer | string | undefined)[]): void {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part ?? '').update('\0');
    const digest = hash.digest();
    for (let lane = 0; lane < 8; lane += 1) {
      this.#lanes[lane] = ((this.#lanes[lane] ?? 0) + digest.readUInt32LE(lane * 4)) >>> 0;
    }
    this.#members += 1;
  }

  toString(): string {
    return createHash('sha256').update(this.#lanes).update(String(this.#members)).digest('hex');
  }
}
