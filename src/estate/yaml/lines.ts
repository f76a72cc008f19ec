import type { Position } from '../problem.js';

/** Turns offsets of a text into lines and columns. */
export class Lines {
  readonly #starts = [0];

  constructor(private readonly text: string) {
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#starts.push(i + 1);
  }

  /** Columns count characters (code points), as editors show them. */
  at(offset: number): Position {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const before = this.text.slice(this.#starts[low], offset);
    const pairs = before.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0;
    return { line: low + 1, column: before.length - pairs + 1 };
  }

  /** Text of the line, counted from 1, without its end. */
  textOf(line: number): string {
    return this.text.slice(this.#starts[line - 1], this.#starts[line]).replace(/\r?\n$/, '');
  }
}
