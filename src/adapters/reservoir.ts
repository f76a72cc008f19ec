import { randomInt } from 'node:crypto';

/** So many of what passes by, each as likely as any other. */
export class Reservoir<T> {
  readonly items: T[] = [];
  #seen = 0;

  constructor(readonly size: number) {}

  offer(item: T): void {
    this.#seen += 1;
    if (this.items.length < this.size) this.items.push(item);
    else if (this.size > 0) {
      const place = randomInt(this.#seen);
      if (place < this.size) this.items[place] = item;
    }
  }
}
