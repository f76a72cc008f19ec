import { expect, it } from 'vitest';
import { progressAfter } from '../../activities/backup-messages.js';

const status = (bytes: number) => ({ message_type: 'status', bytes_done: bytes, total_bytes: 9 });

it('what a backup waits for is said until it gets on', () => {
  const waiting = 'Save(<data/1>) returned error, retrying after 1s: read-only file system';
  const stuck = { ...progressAfter({ phase: 'backup' }, status(5)), waiting };
  expect(progressAfter(stuck, status(5))).toMatchObject({ bytes: 5, waiting });
  expect(progressAfter(stuck, { message_type: 'other' })).toEqual(stuck);
  expect(progressAfter(stuck, status(6))).not.toHaveProperty('waiting');
});
