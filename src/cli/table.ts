import { stripVTControlCharacters } from 'node:util';
import { clip } from './format.js';

/** Width that tables for people fit into (columns). */
const TABLE_WIDTH = 100;
const GAP = '  ';

/** A table without borders; the last column is clipped so that a line fits `TABLE_WIDTH`. Cells may be coloured, but not those of the last column. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const last = head.length - 1;
  const widths = head
    .slice(0, last)
    .map((title, column) =>
      rows.reduce((widest, row) => Math.max(widest, shownWidth(row[column] ?? '')), shownWidth(title)),
    );
  const taken = widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const room = Math.max(12, TABLE_WIDTH - taken);
  const line = (cells: readonly string[]): string =>
    [
      ...widths.map((width, column) => padded(cells[column] ?? '', width)),
      cells === head ? (head[last] ?? '') : clip(cells[last] ?? '', room),
    ].join(GAP);
  return [head, ...rows].map((cells) => line(cells).trimEnd()).join('\n');
}

const padded = (cell: string, width: number): string => cell + ' '.repeat(width - shownWidth(cell));

/** East Asian wide characters and pictures take two columns (Unicode TR 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** What is drawn onto the character before it, or not at all. */
const NO_WIDTH = /[\p{Mark}\p{Format}]/u;

/** Columns that a text takes on a terminal. */
function shownWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text))
    width += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
