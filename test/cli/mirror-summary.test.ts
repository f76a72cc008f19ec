import { expect, it } from 'vitest';
import { mirrorLines } from '../../src/cli/mirror-summary.js';

const NOTHING = { files: 0, bytes: 0 };
const still = {
  ...{ transferred: NOTHING, deleted: NOTHING, verified: { files: 3, bytes: 8 } },
  plan: { transfers: 0, changes: 0, deletes: 0 },
};

it('says in words what a mirror left out', () => {
  expect(mirrorLines({ ...still, omitted: { tooLong: 2, notUtf8: 1, sockets: 3, devices: 0 } })).toContain(
    'left out: 3 sockets, 1 name not in UTF-8, 2 names too long for the remote',
  );
});

it('says nothing of that where nothing was left out', () => {
  expect(mirrorLines({ ...still, omitted: {} })?.join()).not.toContain('left out');
});
