import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode } from '../domain/outcome.js';
import { formatDuration } from '../domain/units.js';
import { paintFor } from './colour.js';
import { readChildLine } from './dev-log-line.js';
import { note } from './output.js';
import { type WorkerEntry, startWorker } from './start-worker.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** A child that ends this often within a minute will not do better the next time. */
const CRASHES_PER_MINUTE = 5;
const MINUTE_MS = 60_000;

/** How many of a child's last lines are kept for when it fails. */
const KEPT_LINES = 12;

export interface ChildPlan {
  /** For people: `control worker`. */
  name: string;
  entry: WorkerEntry;
  args: string[];
  environment: NodeJS.ProcessEnv;
}

/** A child that could not be kept running; `lines` are the last ones it said. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';

  constructor(
    message: string,
    readonly exitCode: number,
    readonly lines: readonly string[],
  ) {
    super(message);
  }
}

/** A child process that is started again whenever it ends, with growing pauses, until it is told to stop. */
export class SupervisedChild {
  readonly #plan: ChildPlan;
  readonly #stopping = new AbortController();
  readonly #lines: string[] = [];
  readonly #ends: number[] = [];
  #process: ChildProcess | undefined;
  #wasReady = false;
  #tellReady: () => void = () => undefined;

  /** Resolves when the child first does its work. */
  readonly ready: Promise<void>;
  /** Resolves when it has stopped; rejects with `ChildFailed` when it cannot be kept running. */
  readonly ended: Promise<void>;

  constructor(plan: ChildPlan) {
    this.#plan = plan;
    this.ready = new Promise((resolve) => {
      this.#tellReady = resolve;
    });
    this.ended = this.#keepRunning();
    this.ended.catch(() => undefined); // heard by whoever waits
  }

  /** Lets the child end in its own time, and waits for that. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#process?.kill('SIGTERM');
    await this.ended.catch(() => undefined);
  }

  /** Ends the child at once. */
  kill(): void {
    this.#stopping.abort();
    this.#process?.kill('SIGKILL');
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      const how = await this.#runOnce();
      if (isStopped()) return;
      const pauseMs = this.#pauseAfter(how);
      note(
        `The ${this.#plan.name} ended (${how.text}); it is started again in ${formatDuration(pauseMs / 1000)}.`,
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // stopped meanwhile
    }
  }

  async #runOnce(): Promise<Ending> {
    const { entry, args, environment } = this.#plan;
    const child = startWorker(entry, args, {
      environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      ownGroup: true,
    });
    this.#process = child;
    this.#lines.length = 0;
    if (child.stderr !== null) createInterface(child.stderr).on('line', (line) => this.#read(line));
    return new Promise((resolve) => {
      child.once('error', ({ message }) => resolve({ text: message, exitCode: null }));
      child.once('close', (exitCode, signal) => {
        resolve({ text: signal ?? `exit code ${String(exitCode)}`, exitCode });
      });
    });
  }

  #read(raw: string): void {
    const { ready, shown } = readChildLine(raw, this.#plan.name, paintFor(process.stderr));
    if (ready) {
      this.#wasReady = true;
      this.#tellReady();
    }
    if (shown === undefined) return;
    note(shown);
    this.#lines.push(shown);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }

  /** How long to wait before the next start (milliseconds). Throws where there should be none. */
  #pauseAfter({ text, exitCode }: Ending): number {
    const { name } = this.#plan;
    if (exitCode === ExitCode.usage && !this.#wasReady) {
      throw new ChildFailed(`the ${name} refuses to start`, ExitCode.usage, []);
    }
    this.#ends.push(Date.now());
    const recent = this.#ends.filter((at) => at > Date.now() - MINUTE_MS).length;
    if (recent >= CRASHES_PER_MINUTE) {
      const message = `the ${name} ended ${String(recent)} times within a minute, last with ${text}`;
      throw new ChildFailed(message, ExitCode.unhealthy, this.#lines);
    }
    return Math.min(FIRST_PAUSE_MS * 2 ** (recent - 1), LONGEST_PAUSE_MS);
  }
}

interface Ending {
  /** `SIGKILL`, `exit code 1`. */
  text: string;
  exitCode: number | null;
}
