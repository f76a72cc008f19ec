import type { Stretch } from './contents.js';
import { B2Error } from './protocol.js';

/** Reads `bytes=from-to`, `bytes=from-` or `bytes=-length` for a file of `size` bytes. */
export function byteRange(text: string, size: number): Stretch {
  const [, from = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? [];
  if (from === '' && last === '') throw unsatisfiable();
  const stretch =
    from === ''
      ? { from: Math.max(0, size - Number(last)), to: size }
      : { from: Number(from), to: last === '' ? size : Math.min(size, Number(last) + 1) };
  if (stretch.from >= stretch.to) throw unsatisfiable();
  return stretch;
}

const unsatisfiable = (): B2Error =>
  new B2Error(
    416,
    'range_not_satisfiable',
    'The Range header in the request is outside the size of the file',
  );
