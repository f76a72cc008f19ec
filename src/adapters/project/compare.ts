import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** The compiled program; TypeScript that runs from source (tests) uses the one of the last build. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts')
    ? '../../../dist/src/adapters/project/compare-thread.js'
    : './compare-thread.js',
  import.meta.url,
);

/** The two folders, absolute. */
export interface CompareSetting {
  left: Uint8Array;
  right: Uint8Array;
}

/** Paths below both folders. */
export interface CompareRequest {
  paths: Uint8Array[];
}

export interface CompareAnswer {
  compared: number;
  bytes: number;
  /** The first path whose files are not equal, or could not be read. */
  difference?: Uint8Array;
}

/** Files and bytes that one message to a thread asks for at most, but for one file that is larger. */
const BATCH_FILES = 256;
const BATCH_BYTES = 16 * 1024 * 1024;
/** Two projects may be compared at once. What the first thread of a process leaves in its memory is 10 MB, each further one 1 more. */
const MOST_THREADS = 2;

export interface Comparison {
  add(path: Buffer, size: number): void;
  /** Waits for all that was added. Rejects if a thread broke, and with the signal's reason at once. */
  finish(signal?: AbortSignal): Promise<CompareAnswer>;
  /** Ends the threads. */
  end(): Promise<void>;
}

/** Compares files of two folders byte by byte, in threads, while their paths are still being found. Opens no link. */
export function startComparison(
  setting: CompareSetting,
  onProgress: (sum: CompareAnswer) => void,
): Comparison {
  const sum: CompareAnswer = { compared: 0, bytes: 0 };
  const pending: CompareRequest[] = [];
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let done = (): void => undefined;
  let broken: (error: Error) => void = () => undefined;
  let failure: Error | undefined;

  const threads: { worker: Worker; busy: boolean }[] = [];
  const startThread = (): (typeof threads)[number] => {
    const thread = { worker: new Worker(PROGRAM, { workerData: setting }), busy: false };
    thread.worker.on('message', (answer: CompareAnswer) => {
      sum.compared += answer.compared;
      sum.bytes += answer.bytes;
      if (answer.difference !== undefined) sum.difference ??= answer.difference;
      thread.busy = false;
      onProgress(sum);
      dispatch();
    });
    thread.worker.on('error', (error) => {
      failure = error;
      broken(error);
    });
    threads.push(thread);
    return thread;
  };
  const most = Math.min(MOST_THREADS, availableParallelism());
  /** A small project is compared before a second thread has started. */
  const idleThread = () =>
    threads.find(({ busy }) => !busy) ?? (threads.length < most ? startThread() : undefined);
  const dispatch = (): void => {
    for (let request = pending[0]; request; request = pending[0]) {
      const thread = idleThread();
      if (!thread) return;
      pending.shift();
      thread.busy = true;
      thread.worker.postMessage(request);
    }
    if (threads.every(({ busy }) => !busy)) done();
  };
  const flush = (): void => {
    if (batch.length > 0) pending.push({ paths: batch });
    [batch, batchBytes] = [[], 0];
    dispatch();
  };

  return {
    add(path, size) {
      batch.push(path);
      batchBytes += size;
      if (batch.length >= BATCH_FILES || batchBytes >= BATCH_BYTES) flush();
    },
    finish: (signal) =>
      new Promise((resolve, reject) => {
        broken = reject;
        const abort = (): void => {
          broken(signal?.reason instanceof Error ? signal.reason : new Error('interrupted'));
        };
        signal?.addEventListener('abort', abort, { once: true });
        if (signal?.aborted) abort();
        done = () => {
          resolve(sum);
        };
        if (failure) reject(failure);
        else flush();
      }),
    end: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
