import { appendFile, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { BUCKET, rclone, testStandIn } from '../../b2-stand-in/stand-in.js';
import { HOSTILE_NAMES } from '../../support/hostile-names.js';
import { b2Bed } from '../../support/mirror-b2-bed.js';
import { mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

describe('the record of a job', () => {
  it('is of one place: a remote that was declared anew holds files that no run put there', async () => {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ mine: 'mine' });
    await work.run();
    const other = join(bed.folder, 'other');
    await mkdir(other);
    for (const name of ['theirs', 'mine']) await writeFile(join(other, name), 'of another');
    Object.assign(bed.remote, { root: `fts:${other}` });
    expect(await bed.plan()).toMatchObject({
      held: 'losses',
      exceeds: 'the remote holds 2 files that no run of this job put there',
    });
  });

  it('is of one server', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ mine: 'mine', gone: 'x' });
    await work.run();
    await rm(join(bed.root, 'gone'));
    expect((await bed.plan()).held).toBe('nothing');
    const elsewhere = await testStandIn();
    await rclone(elsewhere, ['copy', bed.root, `b2:${BUCKET}/mirror`]);
    await rclone(elsewhere, ['copyto', join(bed.root, 'mine'), `b2:${BUCKET}/mirror/theirs`]);
    bed.remote.environment.RCLONE_CONFIG_FTS_ENDPOINT = elsewhere.endpoint;
    expect((await bed.plan()).held).toBe('losses');
  });
});

describe('a plan whose lists are no longer what was decided on', () => {
  async function planned() {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ gone: 'g', gone2: 'g', stays: 's', grows: 'g' });
    await work.run();
    await rm(join(bed.root, 'gone'));
    await rm(join(bed.root, 'gone2'));
    await bed.write({ new: 'n', new2: 'n', grows: 'has grown' });
    return { ...bed, work, made: await bed.plan() };
  }

  it.each([
    ['another name', 'stays\n'],
    ['a name that the remote does not have', 'zzz\n'],
  ])('deletes nothing: %s', async (_, line) => {
    const { work, made, files, root, copy } = await planned();
    await rm(join(root, 'stays'));
    await appendFile(files.delete(3), line);
    await expect(work.remove(made)).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await readFile(join(copy, 'stays'), 'utf8')).toBe('s');
    expect(await readFile(join(copy, 'gone'), 'utf8')).toBe('g');
  });

  it('uploads nothing: a name is missing, or another is overwritten', async () => {
    const { work, made, files, copy, root } = await planned();
    await writeFile(files.new(1), 'new\n');
    await expect(work.upload(made)).rejects.toMatchObject({ type: 'StateCorrupt' });
    await writeFile(files.new(1), 'new\nnew2\n');
    await writeFile(files.changed(1), 'stays\n');
    await writeFile(join(root, 'stays'), 'other');
    await expect(work.upload(made)).rejects.toMatchObject({ type: 'StateCorrupt' });
    expect(await readFile(join(copy, 'stays'), 'utf8')).toBe('s');
  });
});

describe('a deletion', () => {
  it('spares names of any kind that are in the source again', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    const names = [...HOSTILE_NAMES, '{{x}}', 'a,b', '**', '\\*', '+ plus', '..x', 'UPPER'];
    const contents = Object.fromEntries(names.map((name) => [`d/{e}/${name}`, name]));
    await bed.write({ ...contents, stays: '' });
    await work.run();
    const before = await bed.remoteNames();
    expect(before).toHaveLength(names.length + 1);
    await rm(join(bed.root, 'd'), { recursive: true });
    const plan = await bed.plan();
    await bed.write(contents);
    expect(await work.remove(plan)).toMatchObject({ files: 0, returned: names.length });
    expect(await bed.remoteNames()).toEqual(before);
  });

  it('that the remote refuses fails, naming the file', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ gone: 'x', stays: 's' });
    await work.run();
    await rm(join(bed.root, 'gone'));
    bed.refuse('b2_hide_file', 'gone');
    await expect(work.run()).rejects.toMatchObject({ message: expect.stringContaining('gone') as string });
  });

  it('takes nothing when it may not look into a folder', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ 'd/gone': 'x', 'd/stays': 's', 'e/gone': 'x' });
    await work.run();
    await rm(join(bed.root, 'd/gone'));
    await rm(join(bed.root, 'e/gone'));
    const plan = await bed.plan();
    await bed.write({ 'd/gone': 'x' });
    await bed.withoutCapabilities();
    await execa('chown', ['65534', join(bed.root, 'd')]);
    await chmod(join(bed.root, 'd'), 0);
    await expect(work.remove(plan)).rejects.toMatchObject({ type: 'PermissionDenied' });
    expect(await bed.remoteNames()).toEqual(['d/gone', 'd/stays', 'e/gone']);
  });
});

it('a remote of which a folder cannot be listed makes no plan', async () => {
  const bed = await mirrorBed();
  await bed.write({ 'a/one': '1', 'b/two': '2' });
  await bed.sync();
  await execa('chown', ['65534', join(bed.copy, 'a')]);
  await chmod(join(bed.copy, 'a'), 0);
  await bed.withoutCapabilities();
  await expect(bed.plan()).rejects.toMatchObject({ type: 'PermissionDenied' });
});
