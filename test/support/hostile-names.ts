/** File names that tools get wrong; all of them UTF-8. */
export const HOSTILE_NAMES: readonly string[] = [
  ...[
    'new\nline',
    'tab\there',
    ' leading',
    'trailing ',
    'back\\slash',
    'per%41cent',
    '␊',
    'e\u0301',
    '\u00e9',
  ],
  ...[
    '*',
    '?',
    '[a]',
    '{a,b}',
    '#',
    ';',
    '- minus',
    '"quote"',
    "'",
    ':',
    '<>|',
    '\u007f',
    '\u0001',
    '-',
    '.hidden',
  ],
];

/** Names that rclone takes for its own way of writing others. */
export const QUOTED_NAMES = ['‛', 'say ‛hello', '‛␊', '␀', '．', '．．', '‛．', '／', '‛‛', '‛E9'] as const;
