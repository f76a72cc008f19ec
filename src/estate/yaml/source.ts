import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { printableName } from '../../domain/names.js';
import type { Problem } from '../problem.js';

/** Largest estate file. Bytes. */
const MOST_BYTES = 1024 * 1024;

const START = { line: 1, column: 1 };

/** Reads a regular file of at most 1 MiB of UTF-8, without its byte-order mark. Whatever else it is, is a problem. */
export async function readSource(file: string): Promise<{ text: string } | { problem: Problem }> {
  try {
    const refusal = refused(await stat(file));
    if (refusal !== undefined) return { problem: wholeFile(refusal) };
    return decode(await readBytes(file));
  } catch (error) {
    return { problem: wholeFile(unreadable(error)) };
  }
}

async function readBytes(file: string): Promise<Buffer> {
  // Not blocking, should somebody put a FIFO in its place between the two calls.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const refusal = refused(await handle.stat());
    if (refusal !== undefined) throw new Refusal(refusal);
    const buffer = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > MOST_BYTES) throw new Refusal(TOO_LARGE);
    return buffer.subarray(0, length);
  } finally {
    await handle.close();
  }
}

class Refusal extends Error {}

const TOO_LARGE = 'found a file of more than 1 MiB, expected an estate file';

function refused(stats: Stats): string | undefined {
  const kind = kindOf(stats);
  if (kind !== undefined) return `found ${kind}, expected a regular file`;
  return stats.size > MOST_BYTES ? TOO_LARGE : undefined;
}

function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function unreadable(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'the file cannot be read: permission denied';
    case 'ENOTDIR':
      return 'no such file: part of its path is not a folder';
    case 'ELOOP':
      return 'the file cannot be read: its links go round in circles';
    default:
      return `the file cannot be read: ${printableName(error instanceof Error ? error.message : String(error)).path}`;
  }
}

function decode(bytes: Buffer): { text: string } | { problem: Problem } {
  if (bytes.length >= 2 && (bytes.readUInt16BE(0) === 0xfffe || bytes.readUInt16BE(0) === 0xfeff)) {
    return { problem: wholeFile('found UTF-16, expected UTF-8') };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: notUtf8(bytes) };
  }
}

/** Points at the first byte that is not UTF-8. */
function notUtf8(bytes: Buffer): Problem {
  const text = new TextDecoder('utf-8').decode(bytes);
  let [line, column, offset] = [1, 1, bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0];
  for (const character of text) {
    const encoded = Buffer.from(character);
    if (!bytes.subarray(offset, offset + encoded.length).equals(encoded)) break;
    offset += encoded.length;
    [line, column] = character === '\n' ? [line + 1, 1] : [line, column + 1];
  }
  const byte = (bytes[offset] ?? 0).toString(16).padStart(2, '0');
  return {
    at: { line, column },
    path: [],
    message: `found the byte 0x${byte}, which is not UTF-8, expected UTF-8`,
  };
}

const wholeFile = (message: string): Problem => ({ at: START, path: [], message });
