import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isActive, scanProject } from '../../src/adapters/project/scan.js';
import { openFolder } from '../../src/adapters/project/tool.js';
import type { BenchEstate } from './estate.js';
import { type Figure, ratio } from './figure.js';
import type { Scale } from './scale.js';
import { command, interleaved, seconds } from './timing.js';
import { fileNames, writeTree } from './tree.js';

/** Whether a tree is cold, and the look at all of it that a graduation takes before it moves it. */
export async function measureScan({ folder }: BenchEstate, { scanFiles, rounds }: Scale): Promise<Figure[]> {
  const root = join(folder, 'scan');
  await writeTree(root, { names: fileNames(scanFiles), bytes: 0 });
  const cutoff = Date.now() / 1000 + 1; // nothing is newer, so that all is looked at
  const opened = await openFolder(root);
  const bare = () => seconds(() => command(['find', root, '-printf', String.raw`%T@ %C@ %P\0`]));
  const count = `${String(scanFiles)} files`;
  try {
    await bare(); // both sides find the same in the cache
    const isCold = await interleaved(2 * rounds + 1, {
      bare,
      ours: () => seconds(() => isActive(opened, cutoff)),
    });
    const look = await interleaved(rounds, { bare, ours: () => seconds(() => scanProject(opened)) });
    return [
      ratio(`coldness of ${count}`, isCold, { limit: 1.2, note: '÷ find -printf' }),
      ratio(`digest of ${count}`, look, { note: '÷ find -printf; only for what is cold and about to move' }),
    ];
  } finally {
    await opened.close();
    await rm(root, { recursive: true });
  }
}
