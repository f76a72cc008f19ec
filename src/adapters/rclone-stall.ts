import type { FtsError } from '../domain/failures.js';
import { rcloneFailure } from './rclone-failure.js';
import { BUCKETS, type RcloneRemote } from './rclone-remote.js';
import { runTool } from './tool.js';

/** rclone that does not move for so long is looked into (milliseconds), and again after each such time. */
const STALL_MS = 10_000;

/** A look of its own at the remote: one try, one page of names. */
const LOOK = ['--max-depth', '1', '--retries', '1', '--low-level-retries', '1', '--timeout', '30s'] as const;

/**
 * While rclone does not move, asks the remote beside it, and aborts with `RemoteDenied` when that refuses. A key that is
 * revoked in the middle is not told by rclone in time: each refusal doubles the pause before its B2 backend asks again,
 * up to five minutes (`lib/pacer`), for every file.
 */
export class StallWatch {
  readonly #refused = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #last = '';

  constructor(private readonly remote: RcloneRemote) {
    if (BUCKETS.has(remote.type)) this.#timer = setTimeout(() => void this.#look(), STALL_MS);
  }

  /** Aborted, with the failure as reason, once the remote refuses. */
  get signal(): AbortSignal {
    return this.#refused.signal;
  }

  /** How far rclone is: whatever differs from the last is a move. */
  see(stats: unknown): void {
    const now = JSON.stringify(stats);
    if (now !== this.#last) this.#timer?.refresh();
    this.#last = now;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#refused.abort();
  }

  async #look(): Promise<void> {
    const refusal = await refusalOf(this.remote, this.signal).catch(() => undefined);
    if (refusal !== undefined) this.#refused.abort(refusal);
    else if (!this.signal.aborted) this.#timer?.refresh(); // which would wake a timer that was ended
  }
}

/** The failure if the remote refuses the key or has no such bucket. */
async function refusalOf(remote: RcloneRemote, signal: AbortSignal): Promise<FtsError | undefined> {
  const { rclone: file, environment, name, root } = remote;
  const { exitCode, stderr } = await runTool({ file, args: ['lsf', root, ...LOOK], environment, signal });
  if (exitCode === 0) return undefined;
  const failure = rcloneFailure(name, exitCode, [{ message: stderr.trim() }]);
  return failure.type === 'RemoteDenied' ? failure : undefined;
}
