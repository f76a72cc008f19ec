import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer } from '../cli/fts.js';
import { type HeldTool, heldTool } from '../support/held-tool.js';
import { isInterrupted } from '../support/processes.js';
import { CANARY, type RunningEstate, isRunning, startEstate } from '../support/running-estate.js';
import { treeOf } from '../support/tree.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 180_000;
/** Files of one folder. */
const MANY = 300;

let estate: RunningEstate;
/** Is held where it restores. */
let restic: HeldTool;
let thesis: string;
let before: Record<string, string>;
let first: string;

beforeAll(async () => {
  restic = await heldTool('restic', { when: '*" restore "*', handles: ['INT', 'TERM'] });
  estate = await startEstate();
  thesis = join(estate.flux, 'active', 'thesis');
  await mkdir(join(thesis, 'deep'), { recursive: true });
  await writeFile(join(thesis, 'notes'), 'first thoughts');
  await writeFile(join(thesis, 'deep', 'data'), randomBytes(1000));
  before = await treeOf(thesis);
  first = await backup('--time', '2026-01-02 03:04:05', '--host', 'elsewhere');
}, PATIENCE_MS);
afterEach(() => restic.letGo());
afterAll(async () => {
  await estate.remove();
  await restic.remove();
});

async function backup(...args: string[]): Promise<string> {
  const said = await estate.restic('backup', '--json', ...args, estate.flux);
  return (JSON.parse(said.split('\n').at(-1) ?? '') as { snapshot_id: string }).snapshot_id;
}

const restore = async (...args: string[]): Promise<Record<string, unknown>> => {
  const exit = await estate.fts('restore', '--json', ...args);
  return { ...answer(exit), exitCode: exit.exitCode };
};

describe('fts restore', () => {
  it('brings a folder back as it was at a time, and says what it did', async () => {
    await writeFile(join(thesis, 'notes'), 'second thoughts');
    await backup();
    const ended = await restore('flux/active/thesis', '--at', '2026-01-02');
    expect(ended).toMatchObject({
      ...{ exitCode: 0, outcome: 'complete', kind: 'restore' },
      workflowId: expect.stringMatching(/^testbed\/restore\/[0-9a-f]{8}$/) as string,
      runId: expect.any(String) as string,
      source: { repository: 'local', snapshotId: first, at: '2026-01-02T03:04:05Z' },
      target: `${thesis}.restored-2026-01-02T0304`,
      restored: { files: 2, bytes: 1014 },
      conflicts: { count: 0, first: [] },
      replaced: { files: 0, bytes: 0 },
      verified: { files: 2, bytes: 1014 },
    });
    expect(await treeOf(String(ended.target))).toEqual(before);
    expect(await readFile(join(thesis, 'notes'), 'utf8')).toBe('second thoughts');
    await rm(String(ended.target), { recursive: true });
  });

  it('tells people what it would do, and what it did', async () => {
    const plan = await estate.fts(
      'restore',
      'flux/active/thesis/notes',
      '--snapshot',
      first.slice(0, 8),
      '--plan',
    );
    expect(plan).toMatchObject({ exitCode: 0 });
    expect(plan.stdout).toContain(`from snapshot ${first.slice(0, 8)} of 2026-01-02T03:04:05Z in local`);
    expect(plan.stdout).toContain('1 file, 14 B to');
    expect(await readdir(thesis)).toEqual(['deep', 'notes']);
    const done = await estate.fts('restore', 'flux/active/thesis/notes', '--snapshot', first);
    expect(done.stdout).toMatch(/^restore [0-9a-f]{8} complete in .*\n {2}from snapshot/);
    expect(done.stdout).toContain('1 file, 14 B compared with the snapshot');
    const [folder = ''] = (await readdir(thesis)).filter((name) => name.startsWith('notes.restored'));
    expect(await readFile(join(thesis, folder, 'notes'), 'utf8')).toBe('first thoughts');
    await rm(join(thesis, folder), { recursive: true });
    const { runs } = answer(await estate.fts('runs', '--json')) as { runs: { workflowId: string }[] };
    const [last] = runs;
    expect(answer(await estate.fts('watch', last?.workflowId ?? '', '--json'))).toMatchObject({
      ...{ kind: 'restore', outcome: 'complete', result: { restored: { files: 1 } } },
    });
  });

  it('in place asks, or is told that it may, and keeps what it replaces', async () => {
    expect(await restore('flux/active/thesis', '--in-place')).toMatchObject({
      exitCode: 2,
      error: { type: 'Usage', hint: expect.stringContaining('--yes') as string },
    });
    expect(await readFile(join(thesis, 'notes'), 'utf8')).toBe('second thoughts');
    expect(await restore('flux/active/thesis', '--in-place', '--plan', '--snapshot', first)).toMatchObject({
      ...{ exitCode: 0, plan: true, target: thesis, source: { repository: 'local', snapshotId: first } },
      ...{ restored: { files: 1, bytes: 14 }, replaced: { files: 1, bytes: 15 } },
      conflicts: { count: 1, first: [{ path: 'active/thesis/notes', action: 'replaced' }] },
      verified: { files: 0, bytes: 0 },
    });
    const ended = await restore('flux/active/thesis', '--in-place', '--yes', '--snapshot', first);
    expect(ended).toMatchObject({
      ...{ exitCode: 0, target: thesis },
      conflicts: { count: 1, first: [{ path: 'active/thesis/notes', action: 'replaced' }] },
      replaced: { files: 1, bytes: 15, keptAt: expect.any(String) as string },
    });
    expect(await treeOf(thesis)).toEqual(before);
    const { keptAt } = ended.replaced as { keptAt: string };
    const { mode } = await stat(estate.flux);
    await execa('cp', ['-a', '--remove-destination', `${keptAt}/.`, estate.flux]);
    expect((await stat(estate.flux)).mode).toBe(mode);
    expect(await readFile(join(thesis, 'notes'), 'utf8')).toBe('second thoughts');
  });
});

describe('fts restore in place, at a terminal', () => {
  const CTRL_C = '\u0003';
  const CTRL_D = '\u0004';

  it(
    'shows what it would overwrite and asks; what is not a yes does nothing',
    async () => {
      await writeFile(join(thesis, 'notes'), 'my own');
      const args = ['restore', 'flux/active/thesis', '--in-place', '--snapshot', first];
      for (const typed of ['n\n', CTRL_C, CTRL_D]) {
        const { exitCode, screen } = await estate.atTerminal(typed, ...args);
        expect(exitCode, screen).toBe(typed === CTRL_C ? 130 : 5);
        expect(screen).toContain('active/thesis/notes will be replaced');
        expect(await readFile(join(thesis, 'notes'), 'utf8')).toBe('my own');
      }
      const { exitCode, screen } = await estate.atTerminal('y\n', ...args);
      expect(exitCode, screen).toBe(0);
      expect(await readFile(join(thesis, 'notes'), 'utf8')).toBe('first thoughts');
    },
    PATIENCE_MS,
  );
});

describe('fts restore ends with 2', () => {
  it.each([
    [['flux/active/thesis', '--snapshot', 'ffffffff'], /no snapshot ffffffff/, /there are/],
    [['flux/active/tesis'], /does not hold flux\/active\/tesis/, /did you mean thesis\?/],
    [['flux/active/thesis', '--at', '2020-01-01'], /no snapshot .* as old/, /there are/],
    [['flux/active/thesis', '--at', 'soon'], /soon/, /a time is/],
    [['flux/../etc'], /\.\./, /VOLUME\/PATH/],
    [['flix/active'], /no volume "flix"/, /did you mean flux\?/],
    [['flux/active', '--repository', 'lokal'], /no repository "lokal"/, /did you mean local\?/],
    [['flux/active', '--target', '/etc/restored'], /restores only below/, /restoreRoots/],
    [['flux/active', '--target', 'flux/active'], /not empty/, /empty/],
    [['flux/active', '--conflict', 'keep'], /in-place/, undefined],
    [['flux/active', '--at', 'now', '--snapshot', 'latest'], /exclude each other/, /one of the two/],
    [['flux/.fts/x'], /own/, undefined],
  ])('for %j', async (args, message, hint) => {
    const live = await treeOf(estate.flux);
    const refused = await restore(...args);
    expect(refused).toMatchObject({
      exitCode: 2,
      error: { message: expect.stringMatching(message) as string },
    });
    if (hint) expect((refused.error as { hint: string }).hint).toMatch(hint);
    expect(await treeOf(estate.flux)).toEqual(live);
  });

  it('naming the newest snapshot that holds what is gone', async () => {
    await writeFile(join(thesis, 'gone'), 'soon');
    const holder = await backup();
    await rm(join(thesis, 'gone'));
    await backup();
    expect(await restore('flux/active/thesis/gone')).toMatchObject({
      exitCode: 2,
      error: {
        type: 'NotInSnapshot',
        hint: expect.stringContaining(`--snapshot ${holder.slice(0, 8)}`) as string,
      },
    });
  });

  it('for a wrong password', async () => {
    const secrets = join(estate.folder, 'secrets.yaml');
    await writeFile(secrets, 'password: wrong\n');
    const refused = await restore('flux/active/thesis');
    await writeFile(secrets, `password: ${CANARY}\n`);
    expect(refused).toMatchObject({ exitCode: 2, error: { type: 'WrongPassword' } });
  });
});

describe('a restore that is interrupted', () => {
  let many: Record<string, string>;
  beforeAll(async () => {
    const folder = join(estate.flux, 'many');
    await mkdir(folder);
    for (let i = 0; i < MANY; i += 1) await writeFile(join(folder, `file-${String(i)}`), randomBytes(2000));
    many = await treeOf(folder);
    await backup();
    await rm(folder, { recursive: true });
  }, PATIENCE_MS);

  it(
    'by the death of its worker is finished by the next one',
    async () => {
      await restic.holdNext();
      const following = estate.follow('restore', 'flux/many', '--in-place', '--yes', '--json');
      const pid = await restic.held();
      process.kill(await estate.workerPid('host-here'), 'SIGKILL');
      await estate.worker('host').ended;
      process.kill(pid, 'SIGCONT');
      await until(async () => !(await isRunning(pid)));
      expect(await readdir(estate.flux)).not.toContain('many');
      expect(await readdir(join(estate.flux, '.fts', 'restores'))).toHaveLength(1);

      await estate.startWorker('host');
      expect(answer(await following.ended)).toMatchObject({ outcome: 'complete', restored: { files: MANY } });
      expect(await treeOf(join(estate.flux, 'many'))).toEqual(many);
      expect(await readdir(join(estate.flux, '.fts', 'restores'))).toEqual([]);
      await rm(join(estate.flux, 'many'), { recursive: true });
    },
    PATIENCE_MS,
  );

  it(
    'by fts cancel ends, and nothing of it is left',
    async () => {
      await restic.holdNext();
      const following = estate.follow('restore', 'flux/many', '--json');
      const pid = await restic.held();
      const { runs } = answer(await estate.fts('runs', '--json')) as { runs: { workflowId: string }[] };
      const cancelling = estate.follow('cancel', runs[0]?.workflowId ?? '', '--json');
      await until(() => isInterrupted(pid));
      process.kill(pid, 'SIGCONT');
      expect((await cancelling.ended).exitCode).toBe(0);
      expect(answer(await following.ended)).toMatchObject({ outcome: 'cancelled' });
      expect(await readdir(estate.flux)).not.toContain('many');
      expect((await readdir(estate.flux)).filter((name) => name.includes('restored'))).toEqual([]);
      expect(await readdir(join(estate.flux, '.fts', 'restores'))).toEqual([]);
    },
    PATIENCE_MS,
  );
});
