import { chmod, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlan } from '../../../src/adapters/mirror/files.js';
import { fakeTool } from '../../support/fake-tool.js';
import { mirrorBed } from '../../support/mirror-bed.js';

it('what a plan lists is for nobody else to read', async () => {
  const bed = await mirrorBed();
  await bed.write({ one: '1' });
  await bed.plan();
  for (const file of await readdir(bed.files.folder))
    expect([file, (await stat(join(bed.files.folder, file))).mode & 0o077]).toEqual([file, 0]);
});

describe('a folder that may not be read', () => {
  it('has nothing below it deleted on the remote, and is named', async () => {
    const bed = await mirrorBed();
    await bed.write({ 'a/closed/1': '1', 'a/closed/deep/2': '2', 'a/closedish': '3', 'a/gone': '4' });
    await bed.sync();
    await bed.released(await bed.plan());
    await rm(join(bed.root, 'a/gone'));
    await rm(join(bed.root, 'a/closed/deep'), { recursive: true });
    await chmod(join(bed.root, 'a/closed'), 0);
    await bed.withoutCapabilities();
    const plan = await bed.plan();
    expect(await bed.names()).toEqual({ 'delete-3': ['a/gone'] });
    expect(plan.unreadable).toEqual({
      count: 1,
      first: [{ path: 'a/closed', message: 'permission denied' }],
    });
    expect(JSON.parse(await readFile(bed.files.unreadable, 'utf8'))).toEqual(plan.unreadable?.first[0]);
  });

  it('may be one whose names can be read, and nothing else', async () => {
    const bed = await mirrorBed();
    await bed.write({ 'half/1': '1', 'half/deep/2': '2', other: '3' });
    await bed.sync();
    await chmod(join(bed.root, 'half'), 0o644);
    await bed.withoutCapabilities();
    const plan = await bed.plan();
    expect(await bed.names()).toEqual({});
    expect(plan.unreadable).toMatchObject({ count: 1, first: [{ path: 'half' }] });
  });

  it('fails the plan when it is the root', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '1' });
    await chmod(bed.root, 0o111);
    await bed.withoutCapabilities();
    await expect(bed.plan()).rejects.toMatchObject({ type: 'PermissionDenied' });
    await chmod(bed.root, 0o755);
  });
});

/** Only where rclone is to list the volume. */
const onSource = (script: string): string => `case "$*" in *fts[:,]*) ;; *)\n${script}\n;; esac`;

describe('no plan is made', () => {
  it('when the volume goes away', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '1' });
    await bed.sync();
    await bed.beforeRclone(`rm -rf ${bed.root}`);
    await expect(bed.plan()).rejects.toMatchObject({
      type: expect.stringMatching(/SourceChanged|VolumeUnavailable/) as string,
    });
    expect(await readPlan(bed.state, 'mirror')).toBeUndefined();
  });

  // A folder that vanishes at the right moment cannot be had at will: this is what rclone 1.71 did when it was tried.
  const VANISHED = [
    `printf '1\\t2026-01-02T03:04:05.500000000Z\\tkept\\n'`,
    `echo '{"level":"error","msg":"error listing: directory not found","object":"d107","objectType":"string"}' >&2`,
    `echo '{"level":"notice","msg":"Failed to lsf: error in ListJSON: directory not found"}' >&2`,
  ].join('\n');

  it('when a folder vanishes during each of its listings', async () => {
    const bed = await mirrorBed();
    await bed.write({ kept: '1', lost: '2' });
    await bed.sync();
    await bed.beforeRclone(onSource(`${VANISHED}\nexit 3`));
    await expect(bed.plan()).rejects.toMatchObject({
      type: 'SourceChanged',
      message: expect.stringContaining('d107') as string,
    });
    expect(await readPlan(bed.state, 'mirror')).toBeUndefined();
  });

  it('but is when only the first listing met it', async () => {
    const bed = await mirrorBed();
    await bed.write({ kept: '1', lost: '2' });
    await bed.sync();
    await bed.beforeRclone(
      onSource(`[ -e ${bed.folder}/once ] || {\n${VANISHED}\n>${bed.folder}/once; exit 3; }`),
    );
    expect((await bed.plan()).source.files).toBe(2);
    expect((await stat(join(bed.folder, 'once'))).isFile()).toBe(true);
    expect(await bed.names()).toEqual({});
  });

  it.each([
    ['VolumeUnavailable', 'input/output error'],
    ['VolumeUnavailable', 'structure needs cleaning'],
    ['ToolFailed', 'something new'],
  ])('but the failure %s when a folder cannot be read for: %s', async (type, reason) => {
    const bed = await mirrorBed();
    await bed.write({ kept: '1', lost: '2' });
    await bed.sync();
    const message = `failed to open directory "a": open /space/a: ${reason}`;
    const log = (line: object): string => `echo '${JSON.stringify(line)}' >&2`;
    await bed.beforeRclone(
      onSource(
        [
          log({ level: 'error', msg: message, object: 'a' }),
          log({ level: 'error', msg: `error listing: ${message}`, object: 'a' }),
          log({ level: 'notice', msg: `Failed to lsf with 2 errors: last error was: ${message}` }),
          'exit 1',
        ].join('\n'),
      ),
    );
    await expect(bed.plan()).rejects.toMatchObject({ type });
  });

  it('when a folder that the remote had is gone', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '1' });
    await bed.sync();
    await bed.released(await bed.plan());
    await rm(bed.copy, { recursive: true });
    await expect(bed.plan()).rejects.toMatchObject({ type: 'PathMissing' });
  });

  it('when the disk of the plan is full', async () => {
    const bed = await mirrorBed();
    await bed.write({ one: '1' });
    const bin = join(bed.folder, 'bin');
    await fakeTool(bin, 'sort', 'echo "sort: write failed: x: No space left on device" >&2; exit 2');
    const path = process.env.PATH;
    process.env.PATH = `${bin}:${String(path)}`;
    try {
      await expect(bed.plan()).rejects.toMatchObject({ type: 'DestinationFull' });
    } finally {
      process.env.PATH = path;
    }
  });
});

it('is the same wherever the host is', async () => {
  const bed = await mirrorBed();
  await bed.write({ one: '1' });
  await bed.sync();
  const zone = process.env.TZ;
  process.env.TZ = 'America/New_York';
  try {
    await bed.plan();
  } finally {
    process.env.TZ = zone ?? 'UTC';
  }
  expect(await bed.names()).toEqual({});
  expect(await readFile(bed.files.source, 'utf8')).toBe('1\t2026-01-02T03:04:05.500000000Z\tone\n');
});

it('leaves the sentinel, staging and lost+found alone, on both sides', async () => {
  const bed = await mirrorBed();
  await bed.write({
    ...{
      '.fts-volume': '{}',
      '.fts/staging/x': 'x',
      '.fts-locks/y': 'y',
      'lost+found/z': 'z',
      'deep/.fts/mine': '1',
    },
  });
  await mkdir(join(bed.copy, '.fts'), { recursive: true });
  await bed.plan();
  expect(await bed.names()).toEqual({ 'new-1': ['deep/.fts/mine'] });
});
