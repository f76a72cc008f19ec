import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { canMount } from '../support/loop-device.js';
import { treeOf } from '../support/tree.js';

let test: GraduationEstate;
let source: string;
const cleanUp: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  test = await makeGraduationEstate();
  source = await test.project('cold');
});
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
  await test.remove();
});

async function mountAt(target: string, ...args: string[]): Promise<void> {
  await mkdir(target, { recursive: true });
  await execa('mount', [...args, target]);
  cleanUp.push(() => execa('umount', ['--lazy', target], { reject: false }));
}

/** A process that says `ready` once it does what it is to do, and ends with the test. */
async function stranger(file: string, args: string[]): Promise<number> {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  cleanUp.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

/** Maps a file to write into it, and closes it. */
const MAPPING = `import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
fd = os.open(sys.argv[1], os.O_RDWR)
assert libc.mmap(None, 4096, 3, 1, fd, 0) != ctypes.c_void_p(-1).value
os.close(fd)
print('ready', flush=True)
input()`;

const reasonOf = async (name = 'cold'): Promise<string | undefined> => {
  const { result } = await test.graduate();
  return [...result.kept, ...result.failed].find(({ project }) => project === name)?.reason;
};

const hidden = async (name = 'cold'): Promise<string> => {
  const [day = ''] = await readdir(test.graduated);
  return join(test.graduated, day, name);
};

describe.skipIf(!canMount)('a folder of the same volume that is mounted into a project', () => {
  let elsewhere: string;
  beforeEach(async () => {
    elsewhere = join(test.folder, 'flux', 'models');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'weights'), 'precious');
  });

  it('keeps the project', async () => {
    await mountAt(join(source, 'models'), '--bind', elsewhere);
    expect(await reasonOf()).toBe('another filesystem or folder is mounted in it');
  });

  it('keeps a hidden source, and what lies elsewhere is not deleted with it', async () => {
    await mkdir(join(source, 'models'));
    await test.graduate();
    await mountAt(join(await hidden(), 'models'), '--bind', elsewhere);
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, kept: 1 });
    expect(await readFile(join(elsewhere, 'weights'), 'utf8')).toBe('precious');
  });

  it('is no project itself', async () => {
    await mountAt(join(test.active, 'mounted'), '--bind', elsewhere);
    expect(await reasonOf('mounted')).toBe('another filesystem or folder is mounted in it');
  });

  it('is no folder to graduate from: nothing can be renamed out of it', async () => {
    const real = join(test.folder, 'flux', 'real');
    await rename(test.active, real);
    await mountAt(test.active, '--bind', real);
    await expect(test.graduate()).rejects.toMatchObject({ type: 'PathUnsafe' });
    expect(await test.names(test.projects)).toEqual([]);
  });
});

describe('a project stays where it is while somebody', () => {
  it.skipIf(!canMount)('has a file of it open in a container, under another name', async () => {
    const work = join(test.folder, 'work');
    await mkdir(work);
    const script = 'mount --bind "$1" "$2" && exec 9<"$2/notes" && echo ready && read -r line';
    const pid = await stranger('unshare', ['-m', 'sh', '-c', script, 'sh', source, work]);
    expect(await reasonOf()).toBe(`open in process ${String(pid)}`);
  });

  it('has a file of it mapped into memory, though no longer open', async () => {
    const pid = await stranger('python3', ['-c', MAPPING, join(source, 'notes')]);
    expect(await reasonOf()).toBe(`open in process ${String(pid)}`);
  });

  it('has a file of it mapped, and there is a newline in its name', async () => {
    const odd = await test.project('two\nlines');
    const pid = await stranger('python3', ['-c', MAPPING, join(odd, 'notes')]);
    const { result } = await test.graduate();
    expect(result.kept).toMatchObject([{ reason: `open in process ${String(pid)}` }]);
    expect(await test.names(test.active)).toEqual(['two\nlines']);
  });

  it('works in it by another path than that of the estate', async () => {
    const real = `${test.folder}-real`;
    await rename(test.folder, real);
    await symlink(real, test.folder);
    cleanUp.push(async () => {
      await rm(test.folder);
      await rename(real, test.folder);
    });
    const pid = await stranger('sh', [
      '-c',
      'cd "$1" && echo ready && read -r line',
      'sh',
      join(real, 'flux', 'active', 'cold'),
    ]);
    expect(await reasonOf()).toBe(`open in process ${String(pid)}`);
  });
});

describe('a project that changes under our hands', () => {
  it.each([
    [
      'is replaced by a link',
      async () => {
        await rename(source, join(test.folder, 'away'));
        await symlink(join(test.folder, 'away'), source);
      },
    ],
    ['is given another name', () => rename(source, join(test.active, 'new-name'))],
    [
      'is swapped for another folder',
      async () => {
        await rename(source, join(test.active, 'new-name'));
        await mkdir(source);
        await writeFile(join(source, 'other'), 'other');
      },
    ],
    ['is deleted', () => rm(source, { recursive: true })],
  ])('when it %s is kept, and the others go', async (_, change) => {
    await test.project('second');
    let first = true;
    const { result, failure } = await test.graduate({
      onStep: async (step) => {
        if (step !== 'journal-copying' || !first) return;
        first = false;
        await change();
      },
    });
    expect(failure).toBeUndefined();
    expect(result.kept).toEqual([{ project: 'cold', reason: 'changed during the move' }]);
    expect(result.moved).toMatchObject([{ project: 'second' }]);
    expect(await test.names(test.projects)).toEqual(['second']);
    expect(await test.names(test.staging)).toEqual([]);
  });

  it('by a file that goes while it is copied is kept, and is no failure', async () => {
    for (let n = 0; n < 3000; n += 1) await writeFile(join(source, 'deep', String(n)), 'x');
    const names = await readdir(join(source, 'deep'));
    const vanish = async (): Promise<void> => {
      while ((await test.names(test.staging)).length === 0) await turn();
      for (const name of names.slice(-500)) await rm(join(source, 'deep', name), { recursive: true });
    };
    const [{ result }] = await Promise.all([test.graduate(), vanish()]);
    expect(result.failed).toEqual([]);
    expect(result.kept).toEqual([{ project: 'cold', reason: 'changed during the move' }]);
    expect(await test.names(test.projects)).toEqual([]);
  });

  it('all the time is hot, whatever vanishes while it is looked at', async () => {
    const script =
      'cd "$1" || exit; i=0; echo ready; while :; do for n in 1 2 3 4 5 6 7 8 9; do : >"deep/er/tmp-$n"; done; rm -f deep/er/tmp-*; done';
    for (let n = 0; n < 500; n += 1) await writeFile(join(source, `a-${String(n)}`), '');
    await stranger('sh', ['-c', script, 'sh', source]);
    for (let n = 0; n < 20; n += 1) {
      const { result } = await test.graduate({ days: 0 });
      expect(result.failed).toEqual([]);
      expect(result.kept).toMatchObject([{ project: 'cold' }]);
    }
  });
});

describe('the archive', () => {
  it('gets a project whose files are larger than its free space, but for their holes', async () => {
    await execa('truncate', ['--size', '64M', join(source, 'image')]);
    const { result } = await test.graduate({ freeBytes: 16 * 1024 ** 2 });
    expect(result.moved).toMatchObject([{ project: 'cold', bytes: 64 * 1024 ** 2 + 4004 }]);
  });

  it('that was damaged before a broken run is taken up is no reason to hide the source', async () => {
    await expect(
      test.graduate({
        onStep: (step) => {
          if (step === 'published') throw new Error('power cut');
        },
      }),
    ).rejects.toThrow('power cut');
    const before = await treeOf(source);
    await rm(join(test.projects, 'cold', 'deep'), { recursive: true });
    const { result } = await test.graduate({ run: 'run-2' });
    expect(result.kept).toEqual([
      {
        project: 'cold',
        reason: 'conflict: its copy in space/projects changed during the move; both are kept',
      },
    ]);
    expect(await treeOf(source)).toEqual(before);
    expect(await test.names(join(test.projects, 'cold'))).toEqual(['notes']);
  });

  it('that was damaged after the source was hidden gives the project back', async () => {
    await expect(
      test.graduate({
        onStep: (step) => {
          if (step === 'hidden') throw new Error('power cut');
        },
      }),
    ).rejects.toThrow('power cut');
    await rm(join(test.projects, 'cold', 'deep'), { recursive: true });
    const { result } = await test.graduate({ run: 'run-2' });
    expect(result.kept).toMatchObject([{ project: 'cold' }]);
    expect(await test.names(source)).toEqual(['deep', 'notes']);
    expect(await test.names(join(test.projects, 'cold'))).toEqual(['notes']);
  });

  it('has a name that is too long with the day behind it: only that project stays', async () => {
    await test.remove();
    test = await makeGraduationEstate({ onConflict: 'date' });
    const long = 'l'.repeat(250);
    await test.project(long);
    await test.project('other');
    await mkdir(join(test.projects, long));
    const { result } = await test.graduate();
    expect(result.counts).toEqual({ moved: 1, kept: 1, failed: 0 });
  });
});

describe('the last copy', () => {
  beforeEach(async () => {
    await symlink('notes', join(source, 'link'));
    await test.graduate();
  });
  const inArchive = (...path: string[]): string => join(test.projects, 'cold', ...path);

  it.each([
    ['a file of it was deleted', () => rm(inArchive('deep', 'er', 'data'))],
    ['a file of it was changed', () => appendFile(inArchive('notes'), 'more')],
    ['a link of it was deleted', () => rm(inArchive('link'))],
    [
      'another folder took its place',
      async () => {
        await rm(inArchive(), { recursive: true });
        await mkdir(inArchive());
      },
    ],
  ])('is not deleted when in the archive %s', async (_, change) => {
    await change();
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, kept: 1 });
    expect(await test.names(await hidden())).toEqual(['deep', 'link', 'notes']);
  });

  it('is not the hidden one when something was added in the archive', async () => {
    await writeFile(inArchive('read me'), 'all about it');
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 1, kept: 0 });
  });
});

it.skipIf(!canMount)(
  'a hidden source that cannot be deleted is told of, and keeps nothing else',
  async () => {
    await test.project('second');
    await execa('chattr', ['+i', join(source, 'notes')]);
    cleanUp.push(async () => execa('chattr', ['-i', join(await hidden(), 'notes')], { reject: false }));
    await test.graduate();
    const sources = await test.sweep({ days: 48 });
    expect(sources).toMatchObject({ removed: 1, kept: 1, reasons: [{ project: 'cold' }] });
    expect(sources.reasons[0]?.reason).toMatch(/could not be deleted: .*not permitted/);
  },
);
