import { chmod, open, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { RestoreEstate } from './restore-estate.js';

type Bed = Pick<RestoreEstate, 'repository' | 'restic'>;

/** Files of more than a few kilobytes in a repository: packs of data. */
export async function packsIn({ repository }: Bed): Promise<string[]> {
  const { stdout } = await execa('find', [join(repository, 'data'), '-type', 'f', '-size', '+100k']);
  return stdout.split('\n').filter(Boolean);
}

/** Has a file of a repository be without these bytes, or at all, until it is mended, at the latest when the test ends. */
export async function damage(file: string, offset?: number): Promise<{ mend: () => Promise<void> }> {
  const whole = await readFile(file);
  const mend = (): Promise<void> => writeFile(file, whole);
  await chmod(file, 0o600);
  onTestFinished(() => mend().catch(() => undefined)); // the repository may be gone by then
  if (offset === undefined) await rm(file);
  else {
    const handle = await open(file, 'r+');
    await handle.write('XXXX', offset);
    await handle.close();
  }
  return { mend };
}

const Tree = z.object({ nodes: z.array(z.object({ name: z.string(), subtree: z.string().optional() })) });
const Root = z.object({ tree: z.string() });
const Index = z.object({
  packs: z.array(
    z.object({ id: z.string(), blobs: z.array(z.object({ id: z.string(), offset: z.number() })) }),
  ),
});

/** Damages the list of a folder's entries, of the snapshot's root without a name, also where restic has it in its cache. */
export async function damageFolder(
  bed: Bed,
  { snapshot, parent, name }: { snapshot: string; parent: string; name: string },
): Promise<{ mend: () => Promise<void> }> {
  const said = async (...args: string[]): Promise<unknown> => JSON.parse(await bed.restic('cat', ...args));
  const id =
    name === ''
      ? Root.parse(await said('snapshot', snapshot)).tree
      : Tree.parse(await said('tree', `${snapshot}:${parent}`)).nodes.find((node) => node.name === name)
          ?.subtree;
  for (const index of (await bed.restic('list', 'index')).split('\n')) {
    for (const { id: packId, blobs } of Index.parse(JSON.parse(await bed.restic('cat', 'index', index)))
      .packs) {
      const blob = blobs.find((one) => one.id === id);
      if (blob === undefined) continue;
      const file = join(bed.repository, 'data', packId.slice(0, 2), packId);
      const damaged = await damage(file, blob.offset + 20);
      await forgetCache(bed);
      return { mend: () => damaged.mend().then(() => forgetCache(bed)) };
    }
  }
  throw new Error(`no tree of ${name}`);
}

async function forgetCache(bed: Bed): Promise<void> {
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(await bed.restic('cat', 'config')));
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  await rm(join(process.env.RESTIC_CACHE_DIR ?? join(caches, 'restic'), id), {
    recursive: true,
    force: true,
  });
}
