import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { World } from './world.js';

/** Keeps what helps to understand a failure: logs, the host's records, the names on both volumes. Returns the folder. */
export async function keepEvidence(world: World, name: string): Promise<string> {
  const folder = join(import.meta.dirname, '..', '..', '..', '.fts', 'faults', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const part of ['logs', 'state', 'estate.yaml', 'temporal.log'])
    await execa('cp', ['-R', join(world.folder, part), folder], { reject: false });
  const { stdout } = await execa('find', [world.flux, world.space, '-printf', '%y %i %s %T+ %C+ %p\n'], {
    reject: false,
  });
  await writeFile(join(folder, 'names.txt'), stdout);
  return folder;
}
