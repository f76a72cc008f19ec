import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type DeleteOptions, deletePlanned } from '../../../src/adapters/purge/delete.js';
import { PurgeFolder } from '../../../src/adapters/purge/folder.js';
import type { PlanStep } from '../../../src/adapters/purge/plan.js';
import { type ScanSummary, scanForOld } from '../../../src/adapters/purge/scan.js';
import { canMount } from '../../support/loop-device.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { treeOf } from '../../support/tree.js';

const DAY_NS = 86_400_000_000_000n;

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder, 'scratch');
  fs.mkdirSync(root);
});

const make = (path: string, content = path): void => {
  fs.mkdirSync(join(root, path, '..'), { recursive: true });
  fs.writeFileSync(join(root, path), content);
};

interface Plan extends ScanSummary {
  steps: PlanStep[];
}

/** Plans as if it were tomorrow, when everything is old, but for what `cutoffNs` says. */
function plan(cutoffNs = BigInt(Date.now()) * 1_000_000n + DAY_NS): Plan {
  const steps: PlanStep[] = [];
  const summary = inRoot((at) => scanForOld(at, { cutoffNs, plan: { write: (step) => steps.push(step) } }));
  return { ...summary, steps };
}

const purge = ({ steps }: Plan, more: Partial<DeleteOptions> = {}) =>
  inRoot((at) => deletePlanned(at, { steps, resumed: false, ...more }));

function inRoot<T>(work: (at: PurgeFolder) => T): T {
  const at = PurgeFolder.at(root);
  try {
    return work(at);
  } finally {
    at.close();
  }
}

const names = (): string[] => fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();

/** The time from which on everything that is made now is new. */
function now(): bigint {
  const file = join(folder, 'now');
  for (let before = 0n; ;) {
    fs.writeFileSync(file, '');
    const { ctimeNs } = fs.lstatSync(file, { bigint: true });
    if (before !== 0n && ctimeNs > before) return ctimeNs;
    before = before === 0n ? ctimeNs : before;
  }
}

describe('a plan', () => {
  it('has what did not change since the cutoff, by the newer of mtime and ctime', () => {
    make('old/a');
    make('mixed/old');
    const cutoff = now();
    make('mixed/new');
    make('unpacked');
    fs.utimesSync(join(root, 'unpacked'), 0, 0);
    make('future');
    fs.utimesSync(join(root, 'future'), 1e10, 1e10);
    const planned = plan(cutoff);
    expect(planned).toMatchObject({
      removal: { files: 2, bytes: 14 },
      folders: 1,
      total: 5,
      problems: { count: 0 },
    });
    expect(purge(planned)).toMatchObject({ deleted: { files: 2, bytes: 14 }, changed: 0 });
    expect(names()).toEqual(['future', 'mixed', 'mixed/new', 'unpacked']);
  });

  it('keeps a young folder, though all in it is old and goes', () => {
    make('young/old');
    make('young/passing');
    const cutoff = now();
    fs.rmSync(join(root, 'young/passing'));
    expect(purge(plan(cutoff))).toMatchObject({ deleted: { files: 1 } });
    expect(names()).toEqual(['young']);
  });

  it('follows no link, and takes a link by its own times', () => {
    fs.mkdirSync(join(folder, 'outside'));
    fs.writeFileSync(join(folder, 'outside', 'precious'), '');
    fs.symlinkSync('../outside', join(root, 'to-folder'));
    fs.symlinkSync('nowhere', join(root, 'dangling'));
    expect(purge(plan())).toMatchObject({ deleted: { files: 2, bytes: 0 } });
    expect(names()).toEqual([]);
    expect(fs.existsSync(join(folder, 'outside', 'precious'))).toBe(true);
  });

  it('leaves sentinels, this product’s own, lost+found and other volumes alone', () => {
    for (const path of ['.fts/x', 'lost+found/x', 'deep/.fts-locks/x', 'volume/.fts-volume', 'volume/data'])
      make(path);
    const before = names();
    expect(purge(plan())).toMatchObject({ deleted: { files: 0 } });
    expect(names()).toEqual(before);
  });

  it('enters no other filesystem', () => {
    make('a/mounted/x');
    const inside = join(root, 'a/mounted');
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'none', inside], { stdio: 'ignore' });
    } catch {
      return; // nobody lets us mount here
    }
    try {
      fs.writeFileSync(join(inside, 'theirs'), '');
      fs.mkdirSync(join(inside, 'empty'));
      const planned = plan();
      expect(planned).toMatchObject({ removal: { files: 0 }, folders: 0, total: 0 });
      purge(planned);
      expect(fs.existsSync(join(inside, 'theirs'))).toBe(true);
    } finally {
      execFileSync('umount', [inside]);
    }
  });

  it.skipIf(!canMount)('enters no folder of the same filesystem that is mounted there', () => {
    make('a/mounted/x');
    const [inside, elsewhere] = [join(root, 'a/mounted'), join(folder, 'models')];
    fs.mkdirSync(join(elsewhere, 'sub'), { recursive: true });
    fs.writeFileSync(join(elsewhere, 'sub', 'weights'), '');
    execFileSync('mount', ['--bind', elsewhere, inside]);
    try {
      const planned = plan();
      expect(planned).toMatchObject({ removal: { files: 0 }, folders: 0, total: 0 });
      purge(planned);
      expect(fs.existsSync(join(elsewhere, 'sub', 'weights'))).toBe(true);
    } finally {
      execFileSync('umount', [inside]);
    }
  });

  it('is the same, hash and all, when nothing changed, and names what is biggest', () => {
    for (let i = 0; i < 12; i += 1) make(`f${String(i)}`, 'x'.repeat(100 + i));
    const [one, two] = [plan(), plan()];
    expect(one.steps).toEqual(two.steps);
    expect(one.biggest).toHaveLength(10);
    expect(one.biggest[0]).toEqual({ path: 'f11', bytes: 111 });
    expect(Buffer.from(one.commonPath, 'base64').toString()).toBe('');
  });

  it('tells the path that all of it lies under', () => {
    make('keep/old/2019/a');
    make('keep/old/2020/b');
    const cutoff = now();
    make('keep/new');
    expect(Buffer.from(plan(cutoff).commonPath, 'base64').toString()).toBe('keep/old');
  });
});

describe('deleting', () => {
  it('copes with names that are not text, hold newlines or look like options', () => {
    const strange = [
      Buffer.from([0xff, 0x0a, 0x80]),
      Buffer.from('-rf'),
      Buffer.from(' \n*'),
      Buffer.from('\\x41'),
    ];
    for (const name of strange) {
      const inside = Buffer.concat([Buffer.from(`${root}/`), name]);
      fs.mkdirSync(inside);
      fs.writeFileSync(Buffer.concat([inside, Buffer.from('/'), name]), 'x');
    }
    expect(purge(plan())).toMatchObject({ deleted: { files: 4, bytes: 4 }, problems: { count: 0 } });
    expect(names()).toEqual([]);
  });

  it('takes every name of a file with several, and leaves one that only lost a name outside', () => {
    make('a', 'x');
    fs.linkSync(join(root, 'a'), join(root, 'b'));
    fs.linkSync(join(root, 'a'), join(root, 'c'));
    expect(purge(plan())).toMatchObject({ deleted: { files: 3 }, changed: 0 });
    expect(names()).toEqual([]);
  });

  it.each<[string, (path: string) => void]>([
    ['was written to', (path) => fs.appendFileSync(path, 'more')],
    [
      'was written to in place, with its old time put back',
      (path) => {
        const { atime, mtime } = fs.statSync(path);
        fs.writeFileSync(path, 'victim'.toUpperCase());
        fs.utimesSync(path, atime, mtime);
      },
    ],
    [
      'was made anew',
      (path) => {
        fs.rmSync(path);
        fs.writeFileSync(path, 'victim');
      },
    ],
    [
      'was replaced',
      (path) => {
        fs.writeFileSync(`${path}.new`, 'victim');
        fs.renameSync(`${path}.new`, path);
      },
    ],
    [
      'became a link',
      (path) => {
        fs.rmSync(path);
        fs.symlinkSync('elsewhere', path);
      },
    ],
    [
      'became a folder',
      (path) => {
        fs.rmSync(path);
        fs.mkdirSync(path);
      },
    ],
    ['got another mode', (path) => fs.chmodSync(path, 0o600)],
  ])('leaves a file that %s after the plan', (_what, change) => {
    make('victim', 'victim');
    make('other', 'x');
    const planned = plan();
    now();
    change(join(root, 'victim'));
    expect(purge(planned)).toMatchObject({
      deleted: { files: 1, bytes: 1 },
      changed: 1,
      problems: { count: 0 },
    });
    expect(names()).toContain('victim');
    expect(names()).not.toContain('other');
  });

  it('touches nothing in a folder that was replaced by a link or another folder', () => {
    make('one/a');
    make('two/a');
    const planned = plan();
    fs.renameSync(join(root, 'one'), join(folder, 'one'));
    fs.symlinkSync('../one', join(root, 'one'));
    fs.renameSync(join(root, 'two'), join(folder, 'two'));
    make('two/a');
    expect(purge(planned)).toMatchObject({ deleted: { files: 0 }, changed: 2 });
    expect(fs.readlinkSync(join(root, 'one'))).toBe('../one');
    expect(fs.readdirSync(join(root, 'two'))).toEqual(['a']);
    make('three/sub/a');
    const deeper = plan();
    fs.renameSync(join(root, 'three'), join(folder, 'three'));
    fs.mkdirSync(join(root, 'three'));
    fs.renameSync(join(folder, 'three/sub'), join(root, 'three/sub'));
    purge(deeper);
    expect(fs.readdirSync(join(root, 'three/sub'))).toEqual(['a']);
    for (const moved of ['one', 'two']) expect(fs.readdirSync(join(folder, moved))).toEqual(['a']);
  });

  it('follows its handle, and no new link, when a folder is moved in the middle', () => {
    make('one/a');
    make('one/b');
    fs.mkdirSync(join(folder, 'elsewhere'));
    for (const name of ['a', 'b']) fs.writeFileSync(join(folder, 'elsewhere', name), 'precious');
    const planned = plan();
    let steps = 0;
    purge(planned, {
      onStep: () => {
        steps += 1;
        if (steps !== 2) return;
        fs.renameSync(join(root, 'one'), join(folder, 'moved'));
        fs.symlinkSync('../elsewhere', join(root, 'one'));
      },
    });
    expect(fs.readdirSync(join(folder, 'elsewhere'))).toEqual(['a', 'b']);
    expect(fs.readlinkSync(join(root, 'one'))).toBe('../elsewhere');
  });

  it('keeps a folder in which something is new, or which was used after the plan', () => {
    make('busy/old');
    make('used/old');
    const planned = plan();
    now();
    make('busy/new');
    fs.writeFileSync(join(root, 'used/passing'), '');
    fs.rmSync(join(root, 'used/passing'));
    expect(purge(planned)).toMatchObject({ deleted: { files: 2 } });
    expect(names()).toEqual(['busy', 'busy/new', 'used']);
  });
});

describe('a crash', () => {
  const STEPS = 17;
  const grow = (): void => {
    for (const path of ['a/b/one', 'a/b/two', 'a/three', 'c/four', 'five']) make(path, 'x');
    fs.linkSync(join(root, 'five'), join(root, 'six'));
    fs.mkdirSync(join(root, 'empty'));
  };

  it('at any step loses nothing that was not planned, and the next attempt ends the work with the same count', async () => {
    grow();
    const { steps } = plan();
    expect(steps.length).toBeLessThanOrEqual(STEPS);
    for (let crash = 1; crash <= steps.length; crash += 1) {
      fs.rmSync(root, { recursive: true });
      fs.mkdirSync(root);
      grow();
      const planned = plan();
      let taken = 0;
      const die = (): void => {
        taken += 1;
        if (taken === crash) throw new Error('killed');
      };
      expect(() => purge(planned, { onStep: die })).toThrow('killed');
      make('meanwhile');
      const kept = await treeOf(root);
      const end = purge(planned, { resumed: true });
      expect(end).toMatchObject({ deleted: { files: 6, bytes: 6 }, changed: 0, problems: { count: 0 } });
      expect(names()).toEqual(['meanwhile']);
      expect(Object.keys(kept).length).toBeGreaterThan(0);
    }
  });
});
