import { expect, it } from 'vitest';
import { shareDone } from '../../src/domain/progress.js';

it.each([
  ['bytes before files', { bytes: 1, totalBytes: 4, files: 9, totalFiles: 10 }, 0.25],
  ['files where no bytes are known', { files: 9, totalFiles: 10 }, 0.9],
  ['files where there is nothing in them', { bytes: 0, totalBytes: 0, files: 1, totalFiles: 2 }, 0.5],
  ['nothing yet', { totalBytes: 4 }, 0],
  ['never more than all: totals are estimates', { bytes: 5, totalBytes: 4 }, 1],
  ['unknown before there is a total', { bytes: 5 }, undefined],
])('%s', (_, progress, share) => {
  expect(shareDone({ phase: 'backup', ...progress })).toBe(share);
});
