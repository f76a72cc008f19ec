import { randomInt } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Beyond this, only the beginning of a file is altered: the largest range that chance is taken from. */
const RANGE = 2 ** 47;

/** Alters one bit of a file at a random place; its size and, to the millisecond, its times stay. */
export async function tamper(path: string, size: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { atime, mtime } = await file.stat();
    const place = randomInt(Math.min(size, RANGE));
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, place);
    byte[0] = (byte[0] ?? 0) ^ (1 << randomInt(8));
    await file.write(byte, 0, 1, place);
    await file.utimes(atime, mtime);
  } finally {
    await file.close();
  }
}
