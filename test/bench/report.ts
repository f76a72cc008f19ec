import { table } from '../../src/cli/table.js';
import { type Figure, type Measured, isOver, median } from './figure.js';

/** What the figures were measured on. */
export interface Machine {
  cores: number;
  memoryBytes: number;
  node: string;
}

/** The figures for people. Seconds are of this machine at this hour; only ratios mean something elsewhere. */
export function reportText(measured: readonly Measured[], { cores, memoryBytes, node }: Machine): string {
  const memory = `${String(Math.round(memoryBytes / 1024 ** 3))} GiB`;
  const rows = measured.flatMap((one) => ('skipped' in one ? [] : [row(one)]));
  const skipped = measured.flatMap((one) =>
    'skipped' in one ? [`${one.name}: not measured, as ${one.skipped}`] : [],
  );
  return [
    `${String(cores)} cores, ${memory}, Node ${node}`,
    table(['FIGURE', 'MEDIAN', 'SPREAD', 'LIMIT', 'SECONDS'], rows),
    ...skipped,
    '',
  ].join('\n\n');
}

function row(figure: Figure): string[] {
  const { name, unit, values, limit, ours, bare } = figure;
  const shown = (value: number): string => (unit === 'ratio' ? value.toFixed(2) : String(Math.round(value)));
  return [
    name,
    `${shown(median(values))}${unit === 'ratio' ? '' : ` ${unit}`}`,
    values.length > 1 ? `${shown(Math.min(...values))} to ${shown(Math.max(...values))}` : '-',
    limit === undefined ? '-' : `${shown(limit)}${isOver(figure) ? ' MISSED' : ''}`,
    ours === undefined || bare === undefined ? '-' : `${ours.toFixed(2)} ÷ ${bare.toFixed(2)}`,
  ];
}
