import { describe, expect, it } from 'vitest';
import { table } from '../../src/cli/table.js';

const RED = '\u001b[31m';
const PLAIN = '\u001b[39m';

describe('a table', () => {
  it('sets columns two spaces apart and ends no line with a space', () => {
    expect(
      table(
        ['JOB', 'STATE', ''],
        [
          ['flux-snapshot', 'ok'],
          ['x', 'failing', 'why'],
        ],
      ),
    ).toBe(['JOB            STATE', 'flux-snapshot  ok', 'x              failing  why'].join('\n'));
  });

  it('counts what is seen: no colours, two columns for wide characters, none for accents of their own', () => {
    const rows = [
      [`${RED}failing${PLAIN}`, 'a'],
      ['写真', 'b'],
      ['e\u0301', 'c'],
    ];
    expect(table(['STATE', 'NAME'], rows)).toBe(
      ['STATE    NAME', `${RED}failing${PLAIN}  a`, '写真     b', 'e\u0301        c'].join('\n'),
    );
  });

  it('cuts its last column, so that a line fits', () => {
    const [, line = ''] = table(['NAME', 'WHY'], [['a', 'y'.repeat(200)]]).split('\n');
    expect(line).toHaveLength(100);
    expect(line.endsWith('…')).toBe(true);
  });
});

it('may have very many rows', () => {
  const rows = Array.from({ length: 200_000 }, (_, row) => [String(row), 'x']);
  expect(table(['A', 'B'], rows).split('\n')).toHaveLength(200_001);
});
