import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildIdOf } from '../../workers/bundle.js';
import { compiled } from '../support/fts.js';

const CHECKOUT = ['dist', 'src', 'workflows', 'node_modules', 'package.json'];

let folder: string;
let elsewhere: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fts-bundle-'));
  elsewhere = join(folder, 'a', 'longer', 'path');
  await mkdir(elsewhere, { recursive: true });
  const root = dirname(dirname(compiled('workflow-bundle.js')));
  const parts = CHECKOUT.map((part) => join(root, part));
  const linked = await execa('cp', ['-al', ...parts, elsewhere], { reject: false });
  if (linked.failed) await execa('cp', ['-a', ...parts, elsewhere]); // on another filesystem
  await rm(join(elsewhere, 'dist', 'workflow-bundle.js'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the workflow bundle', () => {
  it('is the same wherever the checkout lies, so that its hash tells what code it is', async () => {
    const { stdout } = await execa(process.execPath, [join(elsewhere, 'dist', 'workers', 'build-bundle.js')]);
    const here = await readFile(compiled('workflow-bundle.js'));
    const there = await readFile(join(elsewhere, 'dist', 'workflow-bundle.js'));
    expect(buildIdOf(there)).toBe(buildIdOf(here));
    expect(stdout).toContain(buildIdOf(here));
  });
});
