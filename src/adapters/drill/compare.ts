import { createHash } from 'node:crypto';
import { type FileHandle, constants, open } from 'node:fs/promises';

/** A chunk of a file as the snapshot recorded it: its id is the SHA-256 of its content. Bytes. */
export interface Chunk {
  id: string;
  length: number;
}

/** How restored files are compared. A test puts another in its place, which the negative control must notice. */
export interface DrillComparer {
  /** Whether two files have the same content. No link is followed. */
  equalFiles: (one: string, other: string) => Promise<boolean>;
  /** Whether a file is the content of those chunks, one after the other, and nothing else. */
  equalChunks: (file: string, chunks: readonly Chunk[]) => Promise<boolean>;
}

const BLOCK = 1024 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export const drillComparer: DrillComparer = {
  equalFiles: (one, other) =>
    withFile(one, (first) =>
      withFile(other, async (second) => {
        const [a, b] = [Buffer.allocUnsafe(BLOCK), Buffer.allocUnsafe(BLOCK)];
        for (;;) {
          const [inA, inB] = await Promise.all([fill(first, a), fill(second, b)]);
          if (!a.subarray(0, inA).equals(b.subarray(0, inB))) return false;
          if (inA < BLOCK) return true;
        }
      }),
    ),

  equalChunks: (path, chunks) =>
    withFile(path, async (file) => {
      const block = Buffer.allocUnsafe(BLOCK);
      for (const { id, length } of chunks) {
        const hash = createHash('sha256');
        for (let left = length; left > 0;) {
          const read = await fill(file, block.subarray(0, Math.min(left, BLOCK)));
          if (read === 0) return false;
          hash.update(block.subarray(0, read));
          left -= read;
        }
        if (hash.digest('hex') !== id) return false;
      }
      return (await fill(file, block.subarray(0, 1))) === 0;
    }),
};

/** SHA-256 (hex) of a file's content. */
export const sha256OfFile = (path: string): Promise<string> =>
  withFile(path, async (file) => {
    const hash = createHash('sha256');
    const block = Buffer.allocUnsafe(BLOCK);
    for (let read = await fill(file, block); read > 0; read = await fill(file, block))
      hash.update(block.subarray(0, read));
    return hash.digest('hex');
  });

async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, FLAGS);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
