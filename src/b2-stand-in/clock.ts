/** The time of the stand-in: the machine's, and what it was advanced by. Milliseconds since the epoch. */
export class Clock {
  #ahead = 0;
  #latest = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }

  /** A timestamp later than every one before, so that no two versions are of one age. */
  stamp(): number {
    this.#latest = Math.max(this.now(), this.#latest + 1);
    return this.#latest;
  }

  /** Tells of a timestamp that was given in an earlier life. */
  seen(timestamp: number): void {
    this.#latest = Math.max(this.#latest, timestamp);
  }
}
