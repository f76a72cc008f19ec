import { appendFile, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MirrorFindings, createMirrorCheck } from '../../../src/adapters/mirror/check.js';
import { GROUPS } from '../../../src/domain/check.js';
import type { MirrorPlan } from '../../../src/domain/mirror.js';
import { type MirrorBed, mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

const ALL = Array.from({ length: GROUPS }, (_, group) => group);

const checkOf = (
  { state, remote, root }: MirrorBed,
  { runId }: Partial<Pick<MirrorPlan, 'runId'>>,
  { groups = ALL, postponed = [] }: { groups?: number[]; postponed?: string[] } = {},
): Promise<MirrorFindings> =>
  createMirrorCheck(state).check({
    ...{ job: 'check', mirror: 'mirror', runId, postponed, remote, root, groups },
    signal: new AbortController().signal,
    tell: () => undefined,
  });

/** Changes a byte of a file in the remote, and leaves its time and size. */
async function flip(bed: MirrorBed, name: string): Promise<void> {
  const file = join(bed.copy, name);
  const content = await readFile(file);
  content[0] = (content[0] ?? 0) ^ 0xff;
  await writeFile(file, content);
  const time = new Date('2026-01-02T03:04:05.500Z');
  await utimes(file, time, time);
}

async function mirrored(contents: Record<string, string>) {
  const bed = await mirrorBed();
  const work = await mirrorAtWork(bed);
  await bed.write(contents);
  return { bed, work, ...(await work.run()) };
}

describe('the check of a mirror', () => {
  it('reads every file in one part or another, and each in one', async () => {
    const contents = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`many/${String(i)}`, '0123']));
    const { bed, plan } = await mirrored(contents);
    const some = ALL.filter((group) => group % 3 === 0);
    const rest = ALL.filter((group) => group % 3 !== 0);
    const one = await checkOf(bed, plan, { groups: some });
    const other = await checkOf(bed, plan, { groups: rest });
    expect(one.compared.files).toBeGreaterThan(0);
    expect(one.compared.files + other.compared.files).toBe(40);
    expect(one.compared.bytes + other.compared.bytes).toBe(160);
  });

  it('finds a byte that was changed in the remote, and a file that is gone there', async () => {
    const { bed, plan } = await mirrored({ good: 'content', bad: 'content', 'lost [x]': 'content' });
    await flip(bed, 'bad');
    await rm(join(bed.copy, 'lost [x]'));
    expect(await checkOf(bed, plan)).toEqual({
      compared: { files: 1, bytes: 7 },
      changed: 0,
      errors: 2,
      first: [
        { path: 'bad', message: expect.stringContaining('differ') as string },
        { path: 'lost [x]', message: 'is not in the remote' },
      ],
    });
  });

  it('takes what changed or went in the volume since for no error', async () => {
    const { bed, plan } = await mirrored({
      good: 'content',
      grown: 'x',
      touched: 'x',
      rewritten: 'x',
      gone: 'x',
    });
    await appendFile(join(bed.root, 'grown'), 'more');
    await writeFile(join(bed.root, 'rewritten'), 'y');
    await rm(join(bed.root, 'gone'));
    await bed.write({ new: 'not mirrored yet' });
    await utimes(join(bed.root, 'touched'), 1e9, 1e9);
    expect(await checkOf(bed, plan)).toEqual({
      compared: { files: 2, bytes: 8 }, // one of them has another time, and the same content
      changed: 3,
      errors: 0,
      first: [],
    });
  });

  it('expects nothing of what was held back, and finds the rest', async () => {
    const { bed, work } = await mirrored({ old: '1', same: 'x', other: 'x' });
    await writeFile(join(bed.root, 'old'), '22');
    await bed.write({ new: '3' });
    const plan = await bed.plan({ exclude: ['other'] });
    expect(plan.held).toBe('losses');
    await work.upload(plan, 'losses');
    expect(await checkOf(bed, plan)).toMatchObject({ compared: { files: 2 }, changed: 0, errors: 0 });
  });

  it('compares links as links', async () => {
    const { bed, work } = await mirrored({ a: '1' });
    await symlink('a', join(bed.root, 'link'));
    const { plan } = await work.run();
    expect(await checkOf(bed, plan)).toMatchObject({ compared: { files: 2 }, errors: 0 });
  });

  it('compares what a run that is at work leaves alone', async () => {
    const { bed, plan } = await mirrored({ same: 'x', bad: 'x', grown: 'x', touched: 'x', gone: 'x' });
    await appendFile(join(bed.root, 'grown'), 'more');
    await utimes(join(bed.root, 'touched'), 1e9, 1e9);
    await rm(join(bed.root, 'gone'));
    await bed.write({ new: 'on its way' });
    await bed.plan();
    expect(await checkOf(bed, plan)).toMatchObject({ compared: { files: 2 }, changed: 0, errors: 0 });
    await flip(bed, 'bad');
    expect(await checkOf(bed, plan)).toMatchObject({ compared: { files: 1 }, first: [{ path: 'bad' }] });
  });

  it('finds nothing to compare while a remote is filled for the first time, and says so', async () => {
    const bed = await mirrorBed();
    await expect(checkOf(bed, {})).rejects.toMatchObject({ type: 'NothingToVerify' });
    await bed.write({ new: 'on its way' });
    await bed.plan();
    expect(await checkOf(bed, {})).toMatchObject({ isBeingFilled: true, compared: { files: 0 }, errors: 0 });
  });

  it('waits while the mirror plans anew', async () => {
    const { bed, plan } = await mirrored({ a: '1' });
    await rm(bed.state.path('plans', 'mirror', 'plan.json')); // as the first thing that planning does
    await expect(checkOf(bed, plan)).rejects.toMatchObject({ type: 'Busy' });
  });

  it('fails where a file that is due was not compared', async () => {
    const { bed, plan } = await mirrored({ a: '1' });
    const silent = 'for a; do l="$p"; [ "$l" = --combined ] && { : > "$a"; exit 0; }; p="$a"; done';
    await bed.beforeRclone(`p=; if [ "$1" = check ]; then ${silent}; fi`);
    await expect(checkOf(bed, plan)).rejects.toMatchObject({ type: 'NothingToVerify' });
  });

  it('does not take a remote that is away for a broken one', async () => {
    const { bed, plan } = await mirrored({ a: '1' });
    const away = `echo '{"level":"error","msg":"dial tcp: connection refused","object":"a"}' >&2; exit 1`;
    await bed.beforeRclone(`[ "$1" = check ] && { ${away}; }`);
    await expect(checkOf(bed, plan)).rejects.toMatchObject({ type: 'RemoteUnreachable' });
  });
});
