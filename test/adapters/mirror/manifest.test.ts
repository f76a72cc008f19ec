import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { BUCKET } from '../../b2-stand-in/stand-in.js';
import { MANIFEST, b2Bed } from '../../support/mirror-b2-bed.js';
import { type MirrorBed, mirrorBed } from '../../support/mirror-bed.js';
import { mirrorAtWork } from '../../support/mirror-run.js';

const manifestOf = async ({ copy }: MirrorBed): Promise<string> =>
  (await execa('gzip', ['-dc', join(copy, MANIFEST)])).stdout;

describe('the metadata manifest in the remote', () => {
  it('keeps what it has of the files that wait to be deleted or overwritten', async () => {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ 'a/one': '1', 'b/two': '2' });
    await work.run();
    expect(await manifestOf(bed)).toContain('"a/one"');
    await rm(join(bed.root, 'a'), { recursive: true });
    await rm(join(bed.root, 'b'), { recursive: true });
    const plan = await bed.plan();
    expect(plan.held).toBe('deletions');
    await work.upload(plan);
    expect(await manifestOf(bed)).toContain('"a/one"');
    await work.run();
    expect(await manifestOf(bed)).not.toContain('"a/one"');
  });

  it('is brought there by a first run that waits, and put back when somebody deleted it', async () => {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ 'a/one': '1' });
    await mkdir(bed.copy);
    await writeFile(join(bed.copy, 'theirs'), 'x');
    const plan = await bed.plan();
    expect(plan.held).toBe('losses');
    await work.upload(plan);
    expect(await manifestOf(bed)).toContain('"a/one"');
    await work.run();
    await rm(join(bed.copy, '.fts'), { recursive: true });
    await work.run();
    expect(await manifestOf(bed)).toContain('"a/one"');
  });

  it('that the remote does not take fails the run, and the next one brings it', async () => {
    const bed = await b2Bed();
    const work = await mirrorAtWork(bed);
    await bed.write({ one: '1' });
    bed.refuse('b2_upload_file', MANIFEST);
    await expect(work.run()).rejects.toMatchObject({
      message: expect.stringContaining('manifest') as string,
    });
    expect(await bed.remoteNames()).toEqual(['one']);
    bed.standIn.faults.clear();
    await work.run();
    expect(bed.standIn.versions(BUCKET).map(({ fileName }) => fileName)).toContain(`mirror/${MANIFEST}`);
  });
});

describe('a plan of which a part waits', () => {
  it('uploads only what is new when changes wait, and the changed ones too when only deletions do', async () => {
    const bed = await mirrorBed();
    const work = await mirrorAtWork(bed);
    await bed.write({ changed: 'before', touched: 'same', gone: 'g' });
    await work.run();
    await rm(join(bed.root, 'gone'));
    await bed.write({ changed: 'and after', touched: 'SAME', new: 'n' });
    await utimes(join(bed.root, 'touched'), 1, 1);
    const plan = await bed.plan({ limits: { deletes: 0 } });
    const there = (name: string) => readFile(join(bed.copy, name), 'utf8');
    await work.upload(plan, 'losses');
    expect([await there('changed'), await there('touched'), await there('new')]).toEqual([
      'before',
      'same',
      'n',
    ]);
    expect(await work.verify(plan, 'losses')).toMatchObject({ files: 1 });
    expect(plan.held).toBe('deletions');
    await work.upload(plan);
    expect([await there('changed'), await there('touched'), await there('gone')]).toEqual([
      'and after',
      'SAME',
      'g',
    ]);
    expect(await work.verify(plan)).toMatchObject({ files: 3 });
  });
});
