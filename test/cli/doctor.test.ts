import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answer, fts } from './fts.js';
import { type Sandbox, makeSandbox } from './sandbox.js';

interface Findings {
  ok: boolean;
  findings: { area: string; state: string; message: string; fix?: string }[];
}

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await makeSandbox();
  const here = `estate: box
timezone: Europe/Paris
hosts: { here: { platform: linux, hostname: ${hostname()} } }
volumes:
  flux: { host: here, mountpoint: flux, filesystem: directory }
  space: { host: here, mountpoint: space, filesystem: directory }
repositories:
  local: { host: here, volume: space, path: local, password: pw }
jobs:
  hourly: { kind: snapshot, volume: flux, repository: local, keep: { last: 3 }, cron: "0 * * * *" }
secrets: { provider: file, path: secrets.yaml }
`;
  await writeFile(join(sandbox.folder, 'here.yaml'), here);
});

afterAll(() => sandbox.remove());

const doctor = async (...args: string[]): Promise<Findings & { exitCode: number | null; stdout: string }> => {
  const exit = await fts(['doctor', '--json', ...args], sandbox);
  return { ...(answer(exit) as unknown as Findings), exitCode: exit.exitCode, stdout: exit.stdout };
};

it('tells tools, permissions, secrets, volumes and the connection, each failure with what mends it', async () => {
  const { ok, findings, exitCode, stdout } = await doctor('--estate', join(sandbox.folder, 'here.yaml'));
  expect(findings).toContainEqual(
    expect.objectContaining({
      area: 'tools',
      state: 'ok',
      message: expect.stringContaining('restic') as string,
    }),
  );
  expect(findings).toContainEqual({
    area: 'secrets',
    state: 'ok',
    message: 'pw, needed by repository local, has a value',
  });
  expect(findings).toContainEqual(
    expect.objectContaining({ area: 'volumes', state: 'fail', fix: 'run `fts provision flux`' }),
  );
  expect(findings).toContainEqual(
    expect.objectContaining({ area: 'temporal', state: 'fail', fix: 'fts dev' }),
  );
  expect({ ok, exitCode }).toEqual({ ok: false, exitCode: 1 });
  expect(stdout).not.toContain('canary-secret');
});

it('fails over a secrets file that others can read, naming the command', async () => {
  const file = join(sandbox.folder, 'secrets.yaml');
  await chmod(file, 0o644);
  const { findings } = await doctor('--estate', join(sandbox.folder, 'here.yaml'));
  expect(findings).toContainEqual(
    expect.objectContaining({ area: 'secrets', state: 'fail', fix: `chmod 600 ${file}` }),
  );
  await chmod(file, 0o600);
});

it('looks at a machine that has no estate yet', async () => {
  const empty = join(sandbox.folder, 'empty');
  await mkdir(empty);
  const exit = await fts(['doctor', '--json'], { cwd: empty, env: { ...sandbox.env, FTS_ESTATE: '' } });
  const { findings } = answer(exit) as unknown as Findings;
  expect(findings).toContainEqual(expect.objectContaining({ area: 'estate', state: 'warn' }));
  expect(findings).toContainEqual(
    expect.objectContaining({ area: 'system', message: expect.stringContaining('flock') as string }),
  );
});
