import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { holdLockFile, layClaim } from '../../src/adapters/lock-file.js';
import { dies, moduleAt } from '../support/dying.js';
import { compiled } from '../support/fts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder, 'repository.lock');
});

/** The id of a process that has ended. */
const deadPid = async (): Promise<string> => (await execa('sh', ['-c', 'echo $$'])).stdout;

const busy = { type: 'Busy', message: expect.stringContaining(String(process.pid)) as string };

describe('a lock file', () => {
  it('is held by one at a time, also within one process, until it is released', async () => {
    const release = await holdLockFile(file);
    await expect(holdLockFile(file)).rejects.toMatchObject(busy);
    await release();
    expect(await readdir(folder)).toEqual([]);
    await (
      await holdLockFile(file)
    )();
  });

  it('of another name is another lock', async () => {
    await holdLockFile(file);
    await holdLockFile(`${file}2`);
    await holdLockFile(join(folder, 'repository'));
  });

  it('of a process that is gone is taken over', async () => {
    await writeFile(`${file}.${await deadPid()}.left`, '');
    const release = await holdLockFile(file);
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a process that lives is not, whoever’s it is', async () => {
    await writeFile(`${file}.1.somebody`, '');
    await expect(holdLockFile(file)).rejects.toMatchObject({
      type: 'Busy',
      message: expect.stringContaining('process 1;') as string,
    });
    expect(await readdir(folder)).toEqual(['repository.lock.1.somebody']);
  });
});

describe('a claim', () => {
  it('tells the owner while that lives', async () => {
    const first = await layClaim(file);
    expect(await layClaim(file)).toMatchObject({ owner: { pid: process.pid } });
    await first.release?.();
    expect(await layClaim(file)).not.toHaveProperty('owner');
  });

  it('of an earlier process with the id of a living one is nothing', async () => {
    await writeFile(`${file}.${String(process.pid)}.1.left`, '');
    expect(await layClaim(file)).not.toHaveProperty('owner');
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('that names no process is nothing', async () => {
    await writeFile(`${file}.tmp`, '');
    expect(await layClaim(file)).not.toHaveProperty('owner');
  });
});

describe('many who take over what a dead process left', () => {
  it('are never two at once', async () => {
    const module = compiled('src/adapters/lock-file.js');
    // Each adds a line when it has the lock and one before it gives it up: a begin within a begin is two at once.
    const program = `
      import { appendFileSync } from 'node:fs';
      import { setTimeout as sleep } from 'node:timers/promises';
      import { holdLockFile, layClaim } from ${JSON.stringify(module)};
      for (let held = 0; held < 20; ) {
        const release = await holdLockFile(${JSON.stringify(file)}).catch(() => undefined);
        if (!release) { await sleep(Math.random() * 5); continue; }
        appendFileSync(${JSON.stringify(join(folder, 'journal'))}, 'begin\\n');
        await sleep(1);
        appendFileSync(${JSON.stringify(join(folder, 'journal'))}, 'end\\n');
        held += 1;
        await release();
      }`;
    await writeFile(`${file}.${await deadPid()}.left`, '');
    await Promise.all(
      Array.from({ length: 4 }, () => execa(process.execPath, ['--input-type=module', '--eval', program])),
    );
    const { stdout } = await execa('cat', [join(folder, 'journal')]);
    expect(stdout).toBe(Array.from({ length: 80 }, () => 'begin\nend').join('\n'));
  });
});

describe('a process that is killed while it lays its claim', () => {
  const program = (): string => `import { holdLockFile } from ${moduleAt('src/adapters/lock-file.js')};
    await holdLockFile(${JSON.stringify(file)});`;

  it.each(['claim-laid', 'claim-cleared'] as const)('at "%s" keeps nobody else from it', async (at) => {
    await writeFile(`${file}.${await deadPid()}.left`, '');
    await dies(program(), { at });
    await (
      await holdLockFile(file)
    )();
    expect(await readdir(folder)).toEqual([]);
  });
});
