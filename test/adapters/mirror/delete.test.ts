import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { deletePlanned } from '../../../src/adapters/mirror/delete.js';
import { type MirrorFiles, mirrorFiles } from '../../../src/adapters/mirror/files.js';
import type { MirrorPlace } from '../../../src/adapters/mirror/place.js';
import { findTool } from '../../../src/adapters/tools.js';
import type { B2StandIn } from '../../../src/b2-stand-in/server.js';
import { UPLOAD_CLASSES } from '../../../src/domain/mirror.js';
import { BUCKET, MIRROR, rclone, remoteEnvironment, testStandIn } from '../../b2-stand-in/stand-in.js';
import { compiled } from '../../support/fts.js';
import type { MirrorChild } from '../../support/mirror-child.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';

const ROOT = `b2:${BUCKET}/m`;
const PLANNED = ['a', 'b', 'c/d', 'c/e', 'f.rclonelink', 'g␊h'];
const BYTES = 3;

let standIn: B2StandIn;
let folder: string;
let place: Omit<MirrorPlace, 'signal' | 'files'>;
let files: MirrorFiles;

/** A remote with the planned files and one more, and a source with nothing but its sentinel and that one. */
beforeEach(async () => {
  standIn = await testStandIn();
  folder = await temporaryFolder();
  const full = join(folder, 'full');
  const source = join(folder, 'source');
  files = mirrorFiles({ path: (...parts) => join(folder, ...parts) }, 'mirror');
  for (const path of [join(full, 'c'), source, files.folder]) await mkdir(path, { recursive: true });
  for (const name of [...PLANNED, 'kept'].filter((name) => !name.endsWith('.rclonelink'))) {
    await writeFile(join(full, name.replace('␊', '\n')), 'xyz');
  }
  await symlink('xyz', join(full, 'f'));
  expect(await rclone(standIn, ['copy', '--links', full, ROOT])).toMatchObject({ exitCode: 0 });
  for (const name of ['.fts-volume', 'kept']) await writeFile(join(source, name), 'xyz');
  const [some, more, rest] = [PLANNED.slice(0, 2), PLANNED.slice(2, 5), PLANNED.slice(5)];
  for (const [index, names] of [some, more, rest].entries()) {
    const list = files.delete(UPLOAD_CLASSES[index] ?? 1);
    await writeFile(list, names.map((name) => `${name}\n`).join(''));
  }
  const listed = [...PLANNED, 'kept'].map((name) => `${String(BYTES)}\t2026-01-01T00:00:00Z\t${name}\n`);
  await writeFile(files.remote, listed.join(''));
  place = {
    remote: {
      name: 'cloud',
      type: 'b2',
      rclone: (await findTool('rclone')).path,
      environment: remoteEnvironment(standIn.endpoint, MIRROR),
      root: ROOT,
      lock: join(folder, 'lock'),
    },
    root: source,
    filter: ['/out', '/out/**'],
    total: PLANNED.length + 1,
  };
});

const remove = (more: Partial<Parameters<typeof deletePlanned>[0]> = {}) =>
  deletePlanned({
    place: { ...place, files, signal: new AbortController().signal },
    from: undefined,
    postponed: [],
    guard: () => Promise.resolve(),
    keep: () => Promise.resolve(),
    tell: () => undefined,
    ...more,
  });

async function left(): Promise<string[]> {
  const { stdout } = await rclone(standIn, ['lsf', '-R', '--files-only', ROOT]);
  return (stdout?.toString() ?? '')
    .split('\n')
    .filter((name) => name !== '')
    .sort();
}

const hides = (): string[] =>
  standIn
    .versions(BUCKET)
    .filter(({ action }) => action === 'hide')
    .map(({ fileName }) => fileName.slice('m/'.length));

const bytes = (files: number): { files: number; bytes: number } => ({ files, bytes: files * BYTES });

describe('a planned deletion', () => {
  it('hides exactly what the plan names, in its order, and no version is lost', async () => {
    expect(await remove()).toMatchObject({ ...bytes(PLANNED.length), returned: 0 });
    expect(await left()).toEqual(['kept']);
    expect(standIn.versions(BUCKET).filter(({ action }) => action === 'upload')).toHaveLength(7);
    expect(hides().sort()).toEqual([...PLANNED].sort());
  });

  it('keeps what is in the source again, a link or a file with any content', async () => {
    await writeFile(join(place.root, 'a'), 'other');
    await symlink('gone', join(place.root, 'f'));
    await writeFile(join(place.root, 'g\nh'), '');
    expect(await remove()).toMatchObject({ ...bytes(3), returned: 3 });
    expect(await left()).toEqual(['a', 'f.rclonelink', 'g␊h', 'kept']);
  });

  it('takes a name for missing where a folder has it now, or a link leads to it', async () => {
    await mkdir(join(place.root, 'a'));
    await mkdir(join(folder, 'elsewhere'));
    await writeFile(join(folder, 'elsewhere', 'd'), '');
    await symlink('../elsewhere', join(place.root, 'c'));
    expect(await remove()).toMatchObject(bytes(PLANNED.length));
  });

  it('takes what the filter leaves out, though it is there, and keeps what it does not', async () => {
    place = { ...place, filter: ['/c/**', '/g␊*'] };
    await mkdir(join(place.root, 'c'));
    for (const name of ['a', 'c/d', 'g\nh']) await writeFile(join(place.root, name), '');
    expect(await remove()).toMatchObject({ ...bytes(5), returned: 1 });
    expect(await left()).toEqual(['a', 'kept']);
  });

  it('leaves alone what is postponed', async () => {
    expect(await remove({ postponed: ['c'] })).toMatchObject({ ...bytes(4), returned: 0 });
    expect(await left()).toEqual(['c/d', 'c/e', 'kept']);
  });

  it('deletes nothing when the sentinel is gone, though the guard said nothing', async () => {
    await rm(join(place.root, '.fts-volume'));
    await expect(remove()).rejects.toMatchObject({ type: 'VolumeUnavailable' });
    expect(hides()).toEqual([]);
  });

  it('deletes nothing of what it looked for in a tree that the guard no longer knows', async () => {
    let looks = 0;
    const guard = () => ((looks += 1) === 1 ? Promise.resolve() : Promise.reject(new Error('another tree')));
    await expect(remove({ guard })).rejects.toThrow('another tree');
    expect(hides()).toEqual([]);
  });

  it('deletes nothing more once the guard refuses', async () => {
    let looks = 0;
    const guard = () => {
      looks += 1;
      return looks < 3 ? Promise.resolve() : Promise.reject(new Error('unmounted'));
    };
    await expect(remove({ guard, batch: 2 })).rejects.toThrow('unmounted');
    expect(hides().sort()).toEqual(['a', 'b']);
  });
});

describe('a process that is killed', () => {
  const start = async (die?: MirrorChild['die'], wrapper?: string) => {
    const told: MirrorChild = {
      place: { ...place, remote: { ...place.remote, rclone: wrapper ?? place.remote.rclone } },
      state: folder,
      progress: join(folder, 'progress.json'),
      batch: 2,
      die,
    };
    return execa(process.execPath, [compiled('test/support/mirror-child.js'), JSON.stringify(told)], {
      reject: false,
    });
  };

  /** An rclone that kills who started it before or after a command of that number. */
  async function killing(command: string, number: number, when: 'before' | 'after'): Promise<string> {
    const [file, count] = [join(folder, 'killing'), join(folder, 'count')];
    const call = `"${place.remote.rclone}" "$@"`;
    const script = [
      '#!/bin/sh',
      `if [ "$1" = ${command} ]; then echo >> ${count}; fi`,
      `if [ "$1" = ${command} ] && [ $(wc -l < ${count}) = ${String(number)} ]; then`,
      when === 'before' ? 'kill -9 $PPID; exit 1' : `${call}; kill -9 $PPID; exit 1`,
      'fi',
      `exec ${call}`,
    ];
    await writeFile(file, script.join('\n'), { mode: 0o755 });
    return file;
  }

  /** What a later attempt makes of it: the rest is deleted, each file counted once. */
  async function resumed(): Promise<void> {
    const end = await start();
    expect(end.exitCode, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ ...bytes(PLANNED.length), returned: 0 });
    expect(await left()).toEqual(['kept']);
    expect(hides()).toHaveLength(PLANNED.length);
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8] as const)(
    'before look %i of the guard has deleted the batches before',
    async (number) => {
      const sizes = [0, 0, 2, 2, 4, 4, 5, 5];
      expect(await start({ at: 'guard', number })).toMatchObject({ signal: 'SIGKILL' });
      expect(hides()).toHaveLength(sizes[number - 1] ?? -1);
      await resumed();
    },
  );

  it.each(['keep', 'kept'] as const)(
    'in the writing of its progress (%s) has deleted that batch',
    async (at) => {
      expect(await start({ at, number: 2 })).toMatchObject({ signal: 'SIGKILL' });
      expect(hides()).toHaveLength(4);
      await resumed();
    },
  );

  it.each([
    ['lsf', 'before', 2],
    ['lsf', 'after', 2],
    ['delete', 'before', 2],
    ['delete', 'after', 4],
  ] as const)('%s: %s the second one leaves %i files hidden', async (command, when, hidden) => {
    const end = await start(undefined, await killing(command, 2, when));
    expect(end).toMatchObject({ signal: 'SIGKILL' });
    await until(() => hides().length === hidden);
    await resumed();
  });

  it('in the middle of a batch takes its rclone along, and the batch is taken up', async () => {
    standIn.faults.inject({
      match: ({ operation, fileName }) => operation === 'b2_hide_file' && fileName === 'm/c/e',
      answer: 'hang',
      times: 1,
    });
    const wrapper = join(folder, 'noting');
    await writeFile(
      wrapper,
      `#!/bin/sh\necho $PPID > ${folder}/worker\nexec "${place.remote.rclone}" "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const ended = start(undefined, wrapper);
    await until(() => standIn.calls().byOperation.b2_hide_file === 4);
    process.kill(Number((await execa('cat', [join(folder, 'worker')])).stdout), 'SIGKILL');
    expect(await ended).toMatchObject({ signal: 'SIGKILL' });
    expect(hides().sort()).toEqual(['a', 'b', 'c/d']);
    await resumed();
  });

  it('and in which time a file came back, keeps it', async () => {
    expect(await start({ at: 'guard', number: 3 })).toMatchObject({ signal: 'SIGKILL' });
    await mkdir(join(place.root, 'c'));
    await writeFile(join(place.root, 'c', 'e'), 'back');
    const end = await start();
    expect(JSON.parse(end.stdout)).toMatchObject({ ...bytes(PLANNED.length - 1), returned: 1 });
    expect(await left()).toEqual(['c/e', 'kept']);
  });
});
