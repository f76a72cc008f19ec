import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, link, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ScanAnswer } from '../../../src/adapters/purge/messages.js';
import { type PurgeCall, deleteFromFolder, scanFolder } from '../../../src/adapters/purge/tool.js';
import { dies, moduleAt } from '../../support/dying.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';

let folder: string;
let place: { volumeRoot: string; path: string; plan: string };
let call: PurgeCall;
beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder, 'flux/scratch'), { recursive: true });
  place = { volumeRoot: join(folder, 'flux'), path: 'scratch', plan: join(folder, 'plans/purge.jsonl') };
  const { signal } = new AbortController();
  call = { lock: join(folder, 'lock'), signal, tell: () => undefined };
});

async function fill(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await writeFile(join(folder, 'flux/scratch', `f${String(i)}`), 'x');
  await sleep(50); // age is what is looked at
}

const scan = (): Promise<ScanAnswer> => scanFolder({ ...place, olderThanSeconds: 0.001 }, call);

const remove = ({ planHash, root }: ScanAnswer, resumed = false) =>
  deleteFromFolder({ ...place, planHash, root, resumed }, call);

/** The program, as it is when it does what is asked of it. */
const asked = (request: object): string => `
  process.argv[2] = ${JSON.stringify(JSON.stringify({ ...place, ...request }))};
  await import(${moduleAt('src/adapters/purge/program.js')});`;

const left = (): Promise<string[]> => readdir(join(folder, 'flux/scratch'));

describe('the program that purges', () => {
  it('plans and deletes', async () => {
    await fill(3);
    const plan = await scan();
    expect(plan).toMatchObject({ removal: { files: 3, bytes: 3 }, total: 3 });
    expect(await left()).toHaveLength(3);
    expect(await remove(plan)).toMatchObject({ deleted: { files: 3, bytes: 3 } });
    expect(await left()).toEqual([]);
  });

  it('gives the same plan the same hash, and another one another', async () => {
    await fill(2);
    const [one, two] = [await scan(), await scan()];
    expect(one.planHash).toBe(two.planHash);
    await link(join(folder, 'flux/scratch/f0'), join(folder, 'flux/scratch/f2'));
    await sleep(50); // age is what is looked at
    expect((await scan()).planHash).not.toBe(one.planHash);
  });

  it.each([
    ['changed', (file: string) => appendFile(file, '{"leave":"keep"}\n')],
    ['cut off', (file: string) => truncate(file, 10)],
    ['took away', (file: string) => rm(file)],
  ])('deletes by no plan that somebody %s', async (_, tamper) => {
    await fill(1);
    const plan = await scan();
    await tamper(place.plan);
    await expect(remove(plan)).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await left()).toHaveLength(1);
  });

  it('deletes in no folder that took the place of the planned one', async () => {
    await fill(1);
    const plan = await scan();
    const scratch = join(folder, 'flux/scratch');
    await rename(scratch, join(folder, 'moved'));
    await mkdir(scratch);
    await expect(remove(plan)).rejects.toMatchObject({ type: 'PathUnsafe' });
    await rename(scratch, join(folder, 'empty'));
    await symlink('../moved', scratch);
    await expect(remove(plan)).rejects.toMatchObject({ type: 'PathUnsafe' });
    await expect(scan()).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await readdir(join(folder, 'moved'))).toHaveLength(1);
  });

  it('is one at a time in a folder', async () => {
    await fill(1);
    const holder = spawn('flock', ['--no-fork', call.lock, 'sleep', '600']);
    try {
      await until(async () => (await scan().catch((error: unknown) => error)) instanceof Error);
      await expect(scan()).rejects.toMatchObject({ type: 'Busy' });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'close');
    }
  });

  it('killed in the middle, and again, ends its work when it is run once more', async () => {
    const FILES = 6000;
    await fill(FILES);
    const plan = await scan();
    const request = { do: 'delete', ...place, planHash: plan.planHash, root: plan.root };
    for (const [nth, resumed] of [false, true].entries()) {
      await dies(asked({ ...request, resumed }), { at: 'purge-unlinked', number: 2000 });
      expect(await left()).toHaveLength(FILES - 2000 * (nth + 1));
    }
    expect(await remove(plan, true)).toMatchObject({ deleted: { files: FILES, bytes: FILES }, changed: 0 });
    expect(await left()).toEqual([]);
  });
});

describe('a program that is killed', () => {
  it.each([
    ['purge-unlinked', 1],
    ['purge-unlinked', 3],
    ['purge-folder-removed', 1],
  ] as const)(
    'at "%s" (%i) has deleted what the plan names, and the next attempt counts all',
    async (at, number) => {
      await mkdir(join(folder, 'flux/scratch/deep'));
      await writeFile(join(folder, 'flux/scratch/deep/file'), 'x');
      await fill(3);
      const { planHash, root } = await scan();
      await writeFile(join(folder, 'flux/scratch/new'), 'y');
      await dies(asked({ do: 'delete', planHash, root, resumed: false }), { at, number });
      expect(await left()).toContain('new');
      const { deleted, changed } = await deleteFromFolder({ ...place, planHash, root, resumed: true }, call);
      expect({ deleted, changed }).toEqual({ deleted: { files: 4, bytes: 4 }, changed: 0 });
      expect(await left()).toEqual(['new']);
    },
  );

  it('while it plans leaves a plan that deletes nothing, and the next attempt plans', async () => {
    await fill(2);
    const plan = await scan();
    await dies(asked({ do: 'scan', olderThanSeconds: 0.001 }), { at: 'purge-plan-begun' });
    await expect(remove(plan)).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await left()).toHaveLength(2);
    expect(await remove(await scan())).toMatchObject({ deleted: { files: 2 } });
  });
});
