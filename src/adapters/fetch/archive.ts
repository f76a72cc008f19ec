import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { unzipSync } from 'fflate';
import unbzip2 from 'unbzip2-stream';
import type { Release } from './catalogue.js';
import { WayClosed } from './problem.js';

interface Packed {
  archive: string;
  packing: Release['packing'];
  /** Name of the one file that is wanted. */
  program: string;
  folder: string;
}

/** Takes one program out of a verified archive and returns its path. */
export async function unpack(packed: Packed): Promise<string> {
  const target = path.join(packed.folder, packed.program);
  try {
    await unpackers[packed.packing](packed, target);
    await stat(target);
  } catch (error) {
    throw new WayClosed(`${path.basename(packed.archive)} does not unpack: ${(error as Error).message}`);
  }
  return target;
}

const unpackers: Record<Release['packing'], (packed: Packed, target: string) => Promise<unknown>> = {
  bz2: ({ archive }, target) => pipeline(createReadStream(archive), unbzip2(), createWriteStream(target)),
  zip: async ({ archive, program }, target) => {
    const wanted = (name: string) => path.posix.basename(name) === program;
    const files = unzipSync(await readFile(archive), { filter: ({ name }) => wanted(name) });
    const [bytes] = Object.values(files);
    if (!bytes) throw new Error(`it holds no ${program}`);
    await writeFile(target, bytes);
  },
  'tar.gz': ({ archive, program, folder }) => execa('tar', ['-xzf', archive, '-C', folder, program]),
};
