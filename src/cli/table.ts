import Table from 'cli-table3';
import { clip } from './format.js';

/** Width that tables for people fit into (columns). */
const TABLE_WIDTH = 100;

const BORDERLESS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** A borderless table; the last column is clipped so that a line fits `TABLE_WIDTH`. Cells may be coloured, but not those of the last column. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const last = head.length - 1;
  const plainWidth = (column: number): number =>
    Math.max(...[head, ...rows].map((row) => withoutColour(row[column] ?? '').length));
  const taken = head.slice(0, last).reduce((sum, _title, column) => sum + plainWidth(column) + 2, 0);
  const room = Math.max(12, TABLE_WIDTH - taken);
  const view = new Table({
    head: [...head],
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) view.push(row.map((cell, column) => (column === last ? clip(cell, room) : cell)));
  return view
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

// eslint-disable-next-line no-control-regex -- the escape character is what colour sequences begin with
const withoutColour = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*m/g, '');
