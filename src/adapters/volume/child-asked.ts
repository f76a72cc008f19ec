import type { ChildProcess } from 'node:child_process';
import { type ChildEnd, type ChildOptions, abandon, handlesOf, isAbandoned, startChild } from './child.js';

export type Answer = { kind: 'answered'; text: string } | ChildEnd;

export interface Question extends ChildOptions {
  /** One line. */
  question: string;
}

/**
 * A child that waits for its next question ends after this time (milliseconds): a job looks at its volumes several times in a
 * few seconds, and starting Node each time takes longer than the look.
 */
const IDLE_MS = 10_000;

/** Children that wait for their next question, by the key of the last one. */
const waiting = new Map<string, AskedChild>();

/**
 * Asks a program that answers each line on its stdin with one line, and may hang on a dead disk: after `deadlineMs`
 * it is killed and abandoned, as `runChild` does. One that has answered is asked again, until it has been idle for a
 * while; whatever becomes of this process, it ends with its stdin.
 */
export async function askChild(file: string, args: readonly string[], question: Question): Promise<Answer> {
  const { key } = question;
  if (isAbandoned(key)) return { kind: 'hung' };
  const program = nameOf(file, args);
  const kept = waiting.get(key) ?? [...waiting.values()].find((child) => child.program === program);
  if (kept?.program === program) {
    const answer = await kept.ask(question);
    if (answer.kind !== 'ended') return answer; // else somebody ended it while it waited
  }
  return new AskedChild(startChild(file, args, 'pipe'), program).ask(question);
}

/** Starts such a program, for questions that are still to come. */
export function expectQuestions(file: string, args: readonly string[]): void {
  new AskedChild(startChild(file, args, 'pipe'), nameOf(file, args)).wait();
}

const nameOf = (file: string, args: readonly string[]): string => [file, ...args].join('\0');

class AskedChild {
  readonly #child: ChildProcess;
  /** Of the question that it was asked last. */
  #key = '';
  #stdout = '';
  #stderr = '';
  #end: ChildEnd | undefined;
  #heard: () => void = () => undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    child: ChildProcess,
    readonly program: string,
  ) {
    this.#child = child;
    child.stdin?.on('error', () => undefined); // its end tells
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#heard();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(0, 4096);
    });
    child.once('error', ({ message }) => {
      this.#close({ kind: 'not-started', message });
    });
    child.once('close', (exitCode) => {
      this.#close({ kind: 'ended', exitCode, stdout: this.#stdout, stderr: this.#stderr });
    });
  }

  /** One question at a time. */
  ask({ key, question, deadlineMs }: Question): Promise<Answer> {
    this.#forget();
    this.#key = key;
    for (const handle of handlesOf(this.#child)) handle.ref();
    this.#stdout = '';
    return new Promise((resolve) => {
      const deadline = setTimeout(
        () => {
          this.#heard = () => undefined;
          abandon(this.#child, key);
          resolve({ kind: 'hung' });
        },
        Math.max(1, deadlineMs),
      );
      this.#heard = () => {
        const end = this.#stdout.indexOf('\n');
        if (end < 0 && !this.#end) return;
        clearTimeout(deadline);
        this.#heard = () => undefined;
        if (this.#end) {
          resolve(this.#end);
          return;
        }
        this.wait();
        resolve({ kind: 'answered', text: this.#stdout.slice(0, end) });
      };
      this.#heard();
      this.#child.stdin?.write(`${question}\n`);
    });
  }

  /** Keeps nobody from ending meanwhile. */
  wait(): void {
    for (const handle of handlesOf(this.#child)) handle.unref();
    if (waiting.has(this.#key)) {
      this.#child.stdin?.end();
      return;
    }
    waiting.set(this.#key, this);
    this.#idle = setTimeout(() => {
      this.#forget();
      this.#child.stdin?.end();
    }, IDLE_MS).unref();
  }

  #close(end: ChildEnd): void {
    this.#end ??= end;
    this.#forget();
    this.#heard();
  }

  #forget(): void {
    clearTimeout(this.#idle);
    if (waiting.get(this.#key) === this) waiting.delete(this.#key);
  }
}
