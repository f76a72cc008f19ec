import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, thisPlatform, type Source } from '../../../src/adapters/fetch/catalogue.js';
import { ensureTools } from '../../../src/adapters/fetch/tools.js';
import { findTool } from '../../../src/adapters/tools.js';
import type { ToolName } from '../../../src/adapters/tools-known.js';
import { rcloneZip, temporalTarGz } from '../../support/archives.js';
import { fakeTool } from '../../support/fake-tool.js';
import { checksumLine, serveRelease, type Answer, type ReleaseServer } from '../../support/release-server.js';

const RCLONE = 'echo "rclone v1.71.2"';
const GONE = 'http://127.0.0.1:1';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

let root: string;
let tools: string;
let environment: NodeJS.ProcessEnv;
let lines: string[];
let servers: ReleaseServer[];

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'fts-fetch-'));
  tools = path.join(root, 'tools');
  environment = { PATH: `${path.join(root, 'bin')}:/usr/bin:/bin`, FTS_TOOLS_DIR: tools, HOME: root };
  lines = [];
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await rm(root, { recursive: true });
});

const ensure = (names: ToolName[], catalogue: Record<ToolName, Source>) =>
  ensureTools(names, { log: (line) => lines.push(line), environment, catalogue });

type ReleasedTool = Exclude<ToolName, 'getfattr' | 'setfattr'>;

/** The real catalogue, with releases on `bases` or nowhere. */
function catalogueAt(bases: Partial<Record<ReleasedTool, string>> = {}): Record<ToolName, Source> {
  const at = (name: ReleasedTool): Source => ({
    ...CATALOGUE[name],
    release: { ...CATALOGUE[name].release, base: bases[name] ?? GONE },
  });
  return { ...CATALOGUE, restic: at('restic'), rclone: at('rclone'), temporal: at('temporal') };
}

async function serve(files: Record<string, Answer>): Promise<string> {
  const server = await serveRelease(files);
  servers.push(server);
  return server.base;
}

/** A server with the release of `name` for this machine. */
async function serveTool(name: ReleasedTool, archive: Buffer, published = archive): Promise<string> {
  const { checksums, asset } = CATALOGUE[name].release;
  const platform = thisPlatform();
  if (!platform) throw new Error('no release for this machine');
  const file = asset(platform);
  return serve({ [checksums]: checksumLine(published, file), [file]: archive });
}

const bin = (name: string, script: string): Promise<string> => fakeTool(path.join(root, 'bin'), name, script);

describe('official releases', () => {
  it('are installed, executable, and found from then on', async () => {
    const temporal = await temporalTarGz('echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"');
    const catalogue = catalogueAt({
      rclone: await serveTool('rclone', rcloneZip(RCLONE)),
      temporal: await serveTool('temporal', temporal),
    });
    await expect(ensure(['rclone', 'temporal'], catalogue)).resolves.toEqual([
      { name: 'rclone', path: path.join(tools, 'rclone'), version: '1.71.2', fetched: true },
      { name: 'temporal', path: path.join(tools, 'temporal'), version: '1.29.1', fetched: true },
    ]);
    expect((await stat(path.join(tools, 'rclone'))).mode & 0o777).toBe(0o755);
    await expect(readdir(tools)).resolves.toEqual(['rclone', 'temporal']);
    await expect(findTool('rclone', environment)).resolves.toMatchObject({ version: '1.71.2' });
  });

  it('are not asked for what is there, and then no folder is made', async () => {
    await bin('rclone', RCLONE);
    await expect(ensure(['rclone'], catalogueAt())).resolves.toMatchObject([{ fetched: false }]);
    expect(lines).toEqual([]);
    expect(existsSync(tools)).toBe(false);
  });

  it('replace one that is too old', async () => {
    await fakeTool(tools, 'rclone', 'echo "rclone v1.60.1"');
    const catalogue = catalogueAt({ rclone: await serveTool('rclone', rcloneZip(RCLONE)) });
    await expect(ensure(['rclone'], catalogue)).resolves.toMatchObject([
      { version: '1.71.2', fetched: true },
    ]);
  });

  it('may be fetched by several at once', async () => {
    const catalogue = catalogueAt({ rclone: await serveTool('rclone', rcloneZip(RCLONE)) });
    const all = await Promise.all(Array.from({ length: 5 }, () => ensure(['rclone'], catalogue)));
    expect(all.flat().map(({ version }) => version)).toEqual(Array(5).fill('1.71.2'));
    await expect(readdir(tools)).resolves.toEqual(['rclone']);
  });

  it('end everything when tampered with: no other way is tried', async () => {
    const catalogue = catalogueAt({
      rclone: await serveTool('rclone', rcloneZip(RCLONE), Buffer.from('else')),
    });
    await bin('go', `touch ${root}/go-was-run`);
    await expect(ensure(['rclone'], catalogue)).rejects.toMatchObject({
      type: 'ToolMissing',
      message: expect.stringMatching(/^rclone was not installed: .* has SHA-256 /) as string,
    });
    expect(existsSync(path.join(root, 'go-was-run'))).toBe(false);
    await expect(readdir(tools)).resolves.toEqual([]);
  });
});

describe('go install', () => {
  const FAKE_GO = 'echo "$@" >>"$HOME/go.log"; mkdir -p "$GOBIN"';
  const go = (then: string) => bin('go', `${FAKE_GO}; ${then}`);

  it('builds what cannot be downloaded, in one shared cache that is removed', async () => {
    const write = (line: string, name: string) => `printf '#!/bin/sh\\n${line}\\n' >"$GOBIN/${name}"`;
    const rclone = write('echo rclone v1.71.2', 'rclone');
    const temporal = write('echo "temporal version 1.5.1 (Server 1.29.1, UI 2)"', 'temporal');
    await go(`echo "$GOCACHE" >>"$HOME/cache.log"; case "$4" in *rclone*) ${rclone};; *) ${temporal};; esac`);
    const [first, second] = await ensure(['rclone', 'temporal'], catalogueAt());
    expect(first).toMatchObject({ version: '1.71.2', fetched: true });
    expect(second).toMatchObject({ version: '1.29.1', fetched: true });
    const log = await readFile(path.join(root, 'go.log'), 'utf8');
    expect(log).toContain('github.com/rclone/rclone@v1.71.2');
    expect(log).toContain('github.com/temporalio/cli/cmd/temporal@v1.5.1');
    const caches = (await readFile(path.join(root, 'cache.log'), 'utf8')).trim().split('\n');
    expect(new Set(caches).size).toBe(1);
    await expect(readdir(tools)).resolves.toEqual(['rclone', 'temporal']);
    expect(lines.join('\n')).toMatch(/rclone: not that way: 127\.0\.0\.1:1 cannot be reached/);
  });

  it('is reported with the compiler’s last words', async () => {
    await go('echo "note: module requires Go 1.99" >&2; exit 1');
    await expect(ensure(['rclone'], catalogueAt())).rejects.toMatchObject({
      type: 'ToolMissing',
      message: expect.stringMatching(
        /official release 1\.71\.2: .*cannot be reached.*requires Go 1\.99/,
      ) as string,
      hint: expect.stringContaining('https://rclone.org/install/') as string,
    });
    await expect(readdir(tools)).resolves.toEqual([]);
  });

  it('that yields a program which does not run is not installed', async () => {
    await go(`echo 'not a program' >"$GOBIN/rclone"`);
    await expect(ensure(['rclone'], catalogueAt())).rejects.toThrow(/does not run here/);
    await expect(readdir(tools)).resolves.toEqual([]);
  });
});

describe.runIf(existsSync(KEYRING))('Debian package', () => {
  const uris = `case "$*" in "update --print-uris") echo "'http://mirror.example/apt/dists/other/InRelease' x 0 "; echo "'http://mirror.example/debian/dists/$SUITE/InRelease' x 0 ";; esac`;
  const unpack = `mkdir -p "$3/usr/bin"; printf '#!/bin/sh\\necho restic 0.18.0\\n' >"$3/usr/bin/restic"`;

  beforeEach(async () => {
    const release = await readFile('/etc/os-release', 'utf8');
    environment.SUITE = /^VERSION_CODENAME=(\w+)/m.exec(release)?.[1];
  });

  it('comes from the machine’s own archive, verified against Debian’s keyring', async () => {
    await bin(
      'apt-get',
      `${uris}; case "$*" in *download*) touch restic.deb; cp sources.list "$HOME";; esac`,
    );
    await bin('dpkg-deb', unpack);
    await expect(ensure(['restic'], catalogueAt())).resolves.toMatchObject([
      { version: '0.18.0', fetched: true },
    ]);
    const sources = await readFile(path.join(root, 'sources.list'), 'utf8');
    expect(sources).toBe(`deb [signed-by=${KEYRING}] http://mirror.example/debian trixie main\n`);
    await expect(readdir(tools)).resolves.toEqual(['restic']);
  });

  it.skipIf(existsSync('/usr/bin/getfattr'))('is the one way to getfattr', async () => {
    await bin('apt-get', `${uris}; case "$*" in *download*attr) touch attr.deb;; esac`);
    await bin(
      'dpkg-deb',
      unpack.replaceAll('restic 0.18.0', 'getfattr 2.5.1').replaceAll('restic', 'getfattr'),
    );
    const [getfattr] = await ensure(['getfattr'], catalogueAt());
    expect(getfattr).toMatchObject({ path: path.join(tools, 'getfattr'), version: '2.5.1', fetched: true });
  });

  it('that apt refuses is not installed', async () => {
    await bin('apt-get', `${uris}; case "$*" in *Dir::*) echo "E: is not signed" >&2; exit 100;; esac`);
    await bin('dpkg-deb', unpack);
    await expect(ensure(['restic'], catalogueAt())).rejects.toThrow(
      /mirror\.example\/debian: E: is not signed; http:\/\/mirror\.example\/apt: E: is not signed/,
    );
  });

  it('is no way where apt is missing', async () => {
    environment.PATH = path.join(root, 'bin');
    await expect(ensure(['restic'], catalogueAt())).rejects.toThrow(/Debian package of trixie: .*apt/);
  });
});

describe('the tools folder', () => {
  it('loses what killed set-ups left, and nothing else', async () => {
    const dead = 2 ** 22 + 1;
    await fakeTool(path.join(tools, `.fetching-${dead}-x`), 'rclone', RCLONE);
    await fakeTool(path.join(tools, `.fetching-${process.pid}-x`), 'rclone', RCLONE);
    const catalogue = catalogueAt({ rclone: await serveTool('rclone', rcloneZip(RCLONE)) });
    await ensure(['rclone'], catalogue);
    await expect(readdir(tools)).resolves.toEqual([`.fetching-${process.pid}-x`, 'rclone']);
  });

  it.skipIf(process.getuid?.() === 0)('that cannot be written into is named, with what to set', async () => {
    await chmod(root, 0o500);
    const failed = ensure(['rclone'], catalogueAt());
    await expect(failed).rejects.toMatchObject({
      type: 'ToolMissing',
      hint: expect.stringContaining('FTS_TOOLS_DIR') as string,
    });
    await chmod(root, 0o700);
  });

  it('that is a file is named, with what to set', async () => {
    environment.FTS_TOOLS_DIR = await fakeTool(root, 'file', '');
    await expect(ensure(['rclone'], catalogueAt())).rejects.toMatchObject({
      type: 'ToolMissing',
      hint: expect.stringContaining('FTS_TOOLS_DIR') as string,
    });
  });
});
