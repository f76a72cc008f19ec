import { appendFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiled } from '../support/fts.js';

const DIST = dirname(dirname(compiled('command-line/main.cjs')));
const EXAMPLE = join(dirname(DIST), 'examples', 'miket.yaml');

let checkout: string;

/** The bundled command line and what it starts, in another place and without a package to fall back on. */
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'fts-command-line-'));
  await mkdir(join(checkout, 'dist', 'src', 'cli'), { recursive: true });
  await cp(join(DIST, 'command-line'), join(checkout, 'dist', 'command-line'), { recursive: true });
  await cp(join(DIST, 'src', 'cli', 'main.js'), join(checkout, 'dist', 'src', 'cli', 'main.js'));
  await cp(join(dirname(DIST), 'package.json'), join(checkout, 'package.json'));
});
afterAll(() => rm(checkout, { recursive: true, force: true }));

const fts = (program: string, ...args: string[]) =>
  execa(process.execPath, [program, ...args], { reject: false });
const bundled = (...args: string[]) => fts(join(checkout, 'dist', 'src', 'cli', 'main.js'), ...args);

describe('the bundled command line', () => {
  it('is whole: it needs no file but its own', async () => {
    expect((await bundled('--help')).stdout).toContain('Usage: fts');
    expect((await bundled('--version')).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await bundled('--estate', EXAMPLE, 'check')).exitCode).toBe(0);
  });

  it('tells an error as ever', async () => {
    const { exitCode, stderr } = await bundled('--estate', EXAMPLE, 'run', 'flux-snapshoot');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('did you mean flux-snapshot');
  });

  it('is started by way of a link, as npm makes one', async () => {
    const link = join(checkout, 'fts');
    await symlink(join(checkout, 'dist', 'src', 'cli', 'main.js'), link);
    expect((await fts(link, '--help')).stdout).toContain('Usage: fts');
  });

  it.each([
    ['is not there', (file: string) => rm(file)],
    ['is of another Node', (file: string) => writeFile(file, 'compiled by another version')],
    ['is damaged', (file: string) => appendFile(file, 'x')],
  ])('works when the compiled code beside it %s', async (_, damage) => {
    for (const name of ['main.cjs', 'commands.cjs']) {
      const file = join(checkout, 'dist', 'command-line', `${name}.cache`);
      await cp(join(DIST, 'command-line', `${name}.cache`), file);
      await damage(file);
    }
    expect((await bundled('--estate', EXAMPLE, 'check')).exitCode).toBe(0);
  });
});
