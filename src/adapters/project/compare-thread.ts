/** A thread that compares files by content: it is told `CompareRequest`s and answers each with a `CompareAnswer`. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { CompareAnswer, CompareRequest, CompareSetting } from './compare.js';

const CHUNK = 1024 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const { left, right } = workerData as CompareSetting;
const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)] as const;

parentPort?.on('message', ({ paths }: CompareRequest) => {
  const answer: CompareAnswer = { compared: 0, bytes: 0 };
  for (const path of paths) {
    const bytes = compare(Buffer.from(path));
    if (bytes === undefined) {
      answer.difference ??= path;
      continue;
    }
    answer.compared += 1;
    answer.bytes += bytes;
  }
  parentPort?.postMessage(answer);
});

/** The length of both files, if they are equal. */
function compare(path: Buffer): number | undefined {
  let a: number | undefined;
  let b: number | undefined;
  try {
    a = openSync(Buffer.concat([Buffer.from(left), Buffer.from('/'), path]), FLAGS);
    b = openSync(Buffer.concat([Buffer.from(right), Buffer.from('/'), path]), FLAGS);
    let total = 0;
    for (;;) {
      const [inA, inB] = [fill(a, buffers[0]), fill(b, buffers[1])];
      if (inA !== inB || buffers[0].compare(buffers[1], 0, inB, 0, inA) !== 0) return undefined;
      total += inA;
      if (inA < CHUNK) return total;
    }
  } catch {
    return undefined;
  } finally {
    if (a !== undefined) closeSync(a);
    if (b !== undefined) closeSync(b);
  }
}

function fill(file: number, buffer: Buffer): number {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(file, buffer, filled, buffer.length - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}
