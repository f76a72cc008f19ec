import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, open, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type GraduationEstate, makeGraduationEstate } from '../support/graduation-estate.js';
import { treeOf } from '../support/tree.js';

let test: GraduationEstate;
let before: Record<string, string>;
beforeEach(async () => {
  test = await makeGraduationEstate();
  before = await treeOf(await test.project('cold'));
  await test.graduate();
});
afterEach(() => test.remove());

const archived = (): string => join(test.projects, 'cold');

/** The one folder that is hidden below this one. */
async function hiddenIn(folder: string, name = 'cold'): Promise<string> {
  const [day = '', ...others] = await test.names(folder);
  expect(others).toEqual([]);
  return join(folder, day, name);
}

describe('a recalled project', () => {
  it('is whole where it came from, and its copy in the archive is hidden', async () => {
    const result = await test.recall('cold', { days: 41 });
    const hidden = await hiddenIn(test.leftBehind);
    expect(result).toEqual({
      files: 2,
      bytes: 4004,
      from: 'space/projects/cold',
      to: 'flux/active/cold',
      keptAt: hidden.replace(`${test.folder}/`, ''),
    });
    expect(await treeOf(join(test.active, 'cold'))).toEqual(before);
    expect(await treeOf(hidden)).toEqual(before);
    expect([...(await test.names(test.projects)), ...(await test.names(test.backStaging))]).toEqual([]);
  });

  it('changes nothing when it is recalled again', async () => {
    await test.recall('cold');
    const journal = await test.journal();
    expect(await test.recall('cold', { run: 'recall-2' })).toEqual({
      files: 0,
      bytes: 0,
      from: 'space/projects/cold',
      to: 'flux/active/cold',
    });
    expect(await test.journal()).toEqual(journal);
    expect(await treeOf(join(test.active, 'cold'))).toEqual(before);
  });

  it('is told again to the next attempt of its run, whose answer was lost', async () => {
    const first = await test.recall('cold');
    expect(await test.recall('cold')).toEqual(first);
  });

  it('does not graduate the next night, however old its times are, and does after `inactive`', async () => {
    await test.recall('cold', { days: 100 });
    const night = await test.graduate({ days: 101, run: 'run-2' });
    expect(night.result.counts).toEqual({ moved: 0, kept: 1, failed: 0 });
    expect(night.result.kept[0]?.reason).toMatch(/^hot: it was recalled at /);
    expect((await test.graduate({ days: 129, run: 'run-3' })).result.counts.kept).toBe(1);
    expect((await test.graduate({ days: 131, run: 'run-4' })).result.counts.moved).toBe(1);
    expect(await test.recalled()).toEqual([]);
    expect(await treeOf(archived())).toEqual(before);
  });

  it('counts as active under another name too', async () => {
    await test.recall('cold', { days: 100 });
    await rename(join(test.active, 'cold'), join(test.active, 'warm'));
    expect((await test.graduate({ days: 101, run: 'run-2' })).result.kept).toMatchObject([
      { project: 'warm', reason: expect.stringMatching(/^hot: it was recalled/) as string },
    ]);
  });

  it('may go to and fro on one day', async () => {
    for (const nth of [1, 2]) {
      await test.recall('cold', { days: 40, run: `recall-${String(nth)}` });
      await test.graduate({ days: 40.000001 + nth, run: `again-${String(nth)}` });
      expect(await test.names(test.active)).toEqual(['cold']);
      const journal = await test.journal();
      expect(journal.filter(({ recall }) => recall)).toHaveLength(nth);
      await test.graduate({ days: 100, run: `cold-${String(nth)}` });
      expect(await treeOf(archived())).toEqual(before);
    }
    expect((await test.names(test.leftBehind)).map((day) => day.slice(10))).toEqual(['', '-2']);
  });
});

describe('the sweep after a recall', () => {
  beforeEach(async () => {
    await test.recall('cold', { days: 42 });
  });

  it('deletes the source of the graduation in its time, and what the recall hid in its own', async () => {
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 1, waiting: 1, kept: 0 });
    expect([await test.names(test.graduated), await test.names(test.leftBehind)]).toMatchObject([
      [],
      { length: 1 },
    ]);
    expect(await test.sweep({ days: 50 })).toMatchObject({ removed: 1, waiting: 0, kept: 0 });
    expect(await test.names(test.leftBehind)).toEqual([]);
    expect(await treeOf(join(test.active, 'cold'))).toEqual(before);
    expect(await test.journal()).toEqual([]);
  });

  it('deletes both when it comes late, though somebody works on the project', async () => {
    await appendFile(join(test.active, 'cold', 'notes'), 'more');
    expect(await test.sweep({ days: 60 })).toMatchObject({ removed: 2, kept: 0 });
    expect(await test.names(join(test.active, 'cold'))).toEqual(['deep', 'notes']);
  });

  it('keeps a source of the graduation that changed', async () => {
    await appendFile(join(await hiddenIn(test.graduated), 'notes'), 'late');
    expect(await test.sweep({ days: 48 })).toMatchObject({ removed: 0, waiting: 1, kept: 1 });
  });

  it('keeps what the recall hid if the project is gone from where it was brought', async () => {
    await rm(join(test.active, 'cold'), { recursive: true });
    const sources = await test.sweep({ days: 60 });
    expect(sources).toMatchObject({ removed: 1, kept: 1, reasons: [{ project: 'cold' }] });
    expect(sources.reasons[0]?.reason).toContain('no longer in flux/active');
    expect(await treeOf(await hiddenIn(test.leftBehind))).toEqual(before);
  });

  it('goes on after the project has graduated again', async () => {
    await test.graduate({ days: 80, run: 'run-2' });
    expect(await test.sweep({ days: 80 })).toMatchObject({ removed: 2, waiting: 1, kept: 0 });
    expect(await test.sweep({ days: 90 })).toMatchObject({ removed: 1, waiting: 0, kept: 0 });
    expect(await treeOf(archived())).toEqual(before);
  });
});

describe('a recall is refused', () => {
  const refusal = async (type: string, project = 'cold'): Promise<string> => {
    const failure = await test.recall(project, { run: 'refused' }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ type });
    expect(await treeOf(archived())).toEqual(before);
    expect(await test.names(test.backStaging)).toEqual([]);
    return (failure as Error).message;
  };

  it.each([
    ['of the same name', 'cold'],
    ['whose name differs in case only', 'COLD'],
  ])('when there is a project %s, and nothing is merged', async (_, name) => {
    await mkdir(join(test.active, name));
    expect(await refusal('DestinationExists')).toContain(`flux/active/${name} exists`);
    expect(await test.plan('cold')).toMatchObject({ conflicts: [expect.stringContaining('exists')] });
    expect(await readdir(join(test.active, name))).toEqual([]);
  });

  it('when the name is taken at the last moment, and an empty folder is not replaced', async () => {
    const taken = join(test.active, 'cold');
    const recall = test.recall('cold', {
      onStep: async (step) =>
        step === 'journal-publishing' ? mkdir(taken).then(() => undefined) : undefined,
    });
    await expect(recall).rejects.toMatchObject({ type: 'SourceChanged', message: /conflict/ });
    expect([await readdir(taken), await test.names(test.backStaging)]).toEqual([[], []]);
    expect(await treeOf(archived())).toEqual(before);
  });

  it('when no archive has such a project', async () => {
    expect(await refusal('UnknownProject', 'gold')).toBe('space/projects has no project gold');
    expect(await test.plan('gold')).toMatchObject({ found: 'nothing', nearest: ['cold'], active: false });
    expect(await test.plan('Cold')).toMatchObject({ found: 'nothing', nearest: ['cold'] });
    await test.project('here');
    expect(await test.plan('here')).toMatchObject({ found: 'nothing', active: true });
  });

  it.each(['', '.', '..', '../projects/cold', 'cold/deep', '/etc', '.fts', '../../flux/active'])(
    'when %j is no name of a project',
    async (name) => {
      await refusal('UnknownProject', name);
    },
  );

  it('when what is there is a link or a file', async () => {
    await symlink('/etc', join(test.projects, 'linked'));
    await writeFile(join(test.projects, 'loose'), '');
    await refusal('ProjectUnfit', 'linked');
    await refusal('ProjectUnfit', 'loose');
  });

  it('while somebody has a file of it open', async () => {
    const file = await open(join(archived(), 'notes'), 'r');
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', file.fd] });
    onTestFinished(async () => {
      child.stdin?.end();
      await once(child, 'close');
      await file.close();
    });
    expect(await refusal('Busy')).toContain(`open in process ${String(child.pid)}`);
  });

  it('when there is a socket in it', async () => {
    const socket = join(archived(), 's');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    before = await treeOf(archived());
    expect(await refusal('ProjectUnfit')).toContain('a socket');
  });

  it('while the graduation is at work', async () => {
    await test.project('other');
    let second: Promise<unknown> | undefined;
    await test.graduate({
      run: 'run-2',
      onStep: async (step) => {
        if (step !== 'copied') return;
        second = test.recall('cold');
        await expect(second).rejects.toMatchObject({ type: 'Busy' });
      },
    });
    expect(second).toBeDefined();
  });
});

describe('a plan', () => {
  it('says what a recall would do, and changes nothing', async () => {
    expect(await test.plan('cold')).toEqual({
      ...{ found: 'archived', project: 'cold', files: 2, bytes: 4004, conflicts: [] },
      ...{ from: 'space/projects/cold', to: 'flux/active/cold' },
    });
    expect([await test.names(test.active), await test.names(test.leftBehind)]).toEqual([[], []]);
    await test.recall('cold');
    expect(await test.plan('cold')).toMatchObject({ found: 'recalled', files: 0, bytes: 0 });
  });

  it('may be made while a graduation is at work', async () => {
    await test.project('other');
    let plan: unknown;
    await test.graduate({
      run: 'run-2',
      onStep: async (step) => {
        if (step === 'copied') plan = await test.plan('cold');
      },
    });
    expect(plan).toMatchObject({ found: 'archived', conflicts: [] });
  });
});

describe('a hostile name', () => {
  const bytes = (...parts: (string | number[])[]): Buffer =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const names: [string, Buffer, string][] = [
    ['a newline and a quote', bytes('new\nline\'"`$(x)'), 'new\\x0aline\'"`$(x)'],
    ['a leading dash', bytes('-rf'), '-rf'],
    ['no UTF-8', bytes('b\u00fcro-', [0xff, 0xfe]), 'büro-\\xff\\xfe'],
    ['decomposed letters, asked for composed', bytes('cafe\u0301'), 'caf\u00e9'],
    ['255 bytes', bytes('x'.repeat(255)), 'x'.repeat(255)],
  ];
  it.each(names)('with %s comes back', async (_, name, asked) => {
    const path = Buffer.concat([Buffer.from(`${test.projects}/`), name]);
    await execa('cp', ['-a', archived(), join(test.folder, 'draft')]);
    await rename(join(test.folder, 'draft'), path);
    expect(await test.plan(asked)).toMatchObject({ found: 'archived', conflicts: [] });
    expect(await test.recall(asked)).toMatchObject({ files: 2 });
    const found = await readdir(test.active, { encoding: 'buffer' });
    expect(found.map((entry) => entry.toString('hex'))).toEqual([name.toString('hex')]);
    expect(await test.names(test.projects)).toEqual(['cold']);
  });
});
