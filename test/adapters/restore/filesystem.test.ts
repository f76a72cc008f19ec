import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { requireKeeping } from '../../../src/adapters/restore/filesystem.js';

it.each([
  ['vfat', 0x4d44],
  ['exfat', 0x2011bab0],
])('refuses a target on %s beforehand, with a way out', (name, type) => {
  expect(() => {
    requireKeeping('/mnt/stick', { type });
  }).toThrow(
    expect.objectContaining({
      type: 'TargetRefused',
      message: expect.stringContaining(`/mnt/stick: it is of ${name}`) as string,
      hint: expect.stringContaining('restic dump') as string,
    }),
  );
});

it('takes what Linux has of its own', async () => {
  requireKeeping(tmpdir(), await statfs(tmpdir()));
});
