import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { ReadableStreamDefaultReader } from 'node:stream/web';
import { WayClosed } from './problem.js';

const ATTEMPTS = 2;
/** A transfer that brings nothing for so long has stalled; Node gives up connecting after 10 s by itself. */
const STALL_MS = 30_000;
const CHECKSUMS_LIMIT_BYTES = 1024 * 1024;

/** Reads a small text file. Throws `WayClosed` when it cannot be had. */
export async function downloadText(url: string): Promise<string> {
  return withRetry(async () => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of chunksOf(url)) {
      bytes += chunk.length;
      if (bytes > CHECKSUMS_LIMIT_BYTES) throw new WayClosed(`${url} is too long`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  });
}

/** Writes `url` to `file` and returns its SHA-256 in hex. Throws `WayClosed` when it cannot be had whole. */
export async function downloadFile(url: string, file: string): Promise<string> {
  return withRetry(async () => {
    const handle = await open(file, 'w', 0o600);
    try {
      return await writeHashed(url, handle);
    } finally {
      await handle.close();
    }
  });
}

async function writeHashed(url: string, handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(url)) {
    hash.update(chunk);
    await handle.writeFile(chunk);
  }
  return hash.digest('hex');
}

async function* chunksOf(url: string): AsyncGenerator<Uint8Array> {
  const stalled = new AbortController();
  const timer = setTimeout(() => {
    stalled.abort(new Error(`nothing came for ${STALL_MS / 1000} s`));
  }, STALL_MS);
  try {
    const response = await answerOf(url, stalled.signal);
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
    while (reader) {
      const { value, done } = await reader.read().catch((error: unknown) => {
        throw new WayClosed(`${url} broke off: ${reason(error)}`);
      });
      if (done) return;
      timer.refresh();
      yield value;
    }
  } finally {
    clearTimeout(timer);
    stalled.abort();
  }
}

async function answerOf(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    throw new WayClosed(`${new URL(url).host} cannot be reached: ${reason(error)}`);
  });
  if (!response.ok) throw new WayClosed(`${url} answers ${response.status}`);
  return response;
}

async function withRetry<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !(error instanceof WayClosed)) throw error;
    }
  }
}

/** fetch says only `fetch failed`; what happened is in the cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
