import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTool } from '../../src/adapters/tools.js';
import { isAtLeast, TOOL_NAMES } from '../../src/adapters/tools-known.js';
import { fakeTool } from '../support/fake-tool.js';

const GOOD = 'echo "restic 0.18.0 compiled with go1.24.4 on linux/amd64"';
const OLD = 'echo "restic 0.14.0 compiled with go1.19.8 on linux/amd64"';

let root: string;
let environment: NodeJS.ProcessEnv;
const at = (...parts: string[]): string => path.join(root, ...parts);

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'fts-tools-'));
  environment = {
    PATH: [at('first'), at('second'), '/bin'].join(path.delimiter),
    FTS_TOOLS_DIR: at('tools'),
  };
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

describe('findTool', () => {
  it.each(TOOL_NAMES)('finds the real %s', async (name) => {
    const tool = await findTool(name);
    expect(path.isAbsolute(tool.path)).toBe(true);
    expect(tool.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('prefers PATH to the tools folder', async () => {
    const onPath = await fakeTool(at('second'), 'restic', GOOD);
    await fakeTool(at('tools'), 'restic', GOOD);
    await expect(findTool('restic', environment)).resolves.toEqual({ path: onPath, version: '0.18.0' });
  });

  it('passes over one that is too old, in favour of a later one on PATH or in the tools folder', async () => {
    await fakeTool(at('first'), 'restic', OLD);
    const fetched = await fakeTool(at('tools'), 'restic', GOOD);
    await expect(findTool('restic', environment)).resolves.toMatchObject({ path: fetched });
    const onPath = await fakeTool(at('second'), 'restic', GOOD);
    await expect(findTool('restic', environment)).resolves.toMatchObject({ path: onPath });
  });

  it('notices that a tool was replaced', async () => {
    await fakeTool(at('first'), 'restic', OLD);
    await expect(findTool('restic', environment)).rejects.toThrow('0.14.0');
    await fakeTool(at('first'), 'restic', GOOD);
    await expect(findTool('restic', environment)).resolves.toMatchObject({ version: '0.18.0' });
  });

  it('says that nothing is there, and what to run', async () => {
    await expect(findTool('restic', environment)).rejects.toMatchObject({
      type: 'ToolMissing',
      message: 'restic 0.17 or later is not installed',
      hint: expect.stringContaining('fts doctor --install') as string,
    });
  });

  it('says what was found instead', async () => {
    const old = await fakeTool(at('first'), 'restic', OLD);
    const garbage = await fakeTool(at('second'), 'restic', 'echo restless 9.9');
    await expect(findTool('restic', environment)).rejects.toThrow(
      `restic 0.17 or later is not installed; ${old} is 0.14.0; ${garbage} does not tell its version`,
    );
  });

  it.each([
    ['prints a version but fails', `${GOOD}; exit 1`],
    ['prints nothing', 'exit 0'],
    ['dies', 'kill -9 $$'],
  ])('takes a tool that %s for none', async (_, script) => {
    await fakeTool(at('first'), 'restic', script);
    await expect(findTool('restic', environment)).rejects.toMatchObject({ type: 'ToolMissing' });
  });

  it('takes what cannot be executed for none', async () => {
    await chmod(await fakeTool(at('first'), 'restic', GOOD), 0o644);
    await mkdir(at('second', 'restic'), { recursive: true });
    await mkdir(at('tools'));
    await symlink(at('nowhere'), at('tools', 'restic'));
    await expect(findTool('restic', environment)).rejects.toThrow(/is not installed$/);
  });

  it('takes a program for another machine for none', async () => {
    const file = await fakeTool(at('first'), 'restic', '');
    await writeFile(file, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xff]));
    await expect(findTool('restic', environment)).rejects.toThrow('does not tell its version');
  });

  it('ignores relative entries of PATH', async () => {
    await fakeTool(at('first'), 'restic', GOOD);
    const relative = path.relative(process.cwd(), at('first'));
    await expect(findTool('restic', { ...environment, PATH: `${relative}::.` })).rejects.toThrow();
  });

  it('judges temporal by the server in it, and rclone by its release', async () => {
    const source = (server: string) => `echo "temporal version 0.0.0-DEV (Server ${server}, UI 2.42.1)"`;
    await fakeTool(at('first'), 'temporal', source('1.27.2'));
    await expect(findTool('temporal', environment)).rejects.toThrow('temporal with server 1.28 or later');
    await fakeTool(at('first'), 'temporal', `${source('1.29.1')} # replaced`);
    await expect(findTool('temporal', environment)).resolves.toMatchObject({ version: '1.29.1' });
    await fakeTool(at('first'), 'rclone', 'echo "rclone v1.71.2-DEV"; echo "- os/version: debian 12"');
    await expect(findTool('rclone', environment)).resolves.toMatchObject({ version: '1.71.2' });
  });
});

describe('isAtLeast', () => {
  it.each([
    ['0.17', '0.17', true],
    ['0.17.0', '0.17', true],
    ['0.9.6', '0.17', false],
    ['1.100.2', '1.65', true],
    ['2', '1.65', true],
    ['1.64.99', '1.65', false],
  ])('%s against %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});
