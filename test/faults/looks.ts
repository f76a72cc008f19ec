import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 400;

/** Looks again and again whether all is well, but not while a blow falls. */
export class Looks {
  readonly violations: string[] = [];
  count = 0;
  readonly #look: (atRest: boolean) => Promise<string[]>;
  readonly #watch: Promise<void>;
  #over = false;
  #isBlind = false;
  #isStriking = false;
  /** Changes with each blow: a look during which one fell says nothing. */
  #blows = 0;

  constructor(look: (atRest: boolean) => Promise<string[]>) {
    this.#look = look;
    this.#watch = this.#keepLooking();
  }

  complain(found: readonly string[]): void {
    for (const one of found) if (!this.violations.includes(one)) this.violations.push(one);
  }

  async once(atRest: boolean): Promise<void> {
    const before = this.#blows;
    const found = await this.#look(atRest).catch((error: unknown) => [String(error)]);
    if (this.#isStriking || this.#blows !== before) return;
    this.count += 1;
    this.complain(found);
  }

  /** Does what must not be looked at. */
  async unseen<T>(work: () => Promise<T>): Promise<T> {
    this.#isStriking = true;
    this.#blows += 1;
    try {
      return await work();
    } finally {
      this.#blows += 1;
      this.#isStriking = false;
    }
  }

  /** Nothing can be seen while a disk is away. */
  blind(isBlind: boolean): void {
    this.#isBlind = isBlind;
    this.#blows += 1;
  }

  async end(): Promise<void> {
    this.#over = true;
    await this.#watch;
  }

  async #keepLooking(): Promise<void> {
    while (!this.#over) {
      if (!this.#isStriking && !this.#isBlind) await this.once(false);
      await sleep(LOOK_EVERY_MS);
    }
  }
}
