import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, thisPlatform, type Platform } from '../../../src/adapters/fetch/catalogue.js';
import { Tampered, WayClosed } from '../../../src/adapters/fetch/problem.js';
import { fetchRelease } from '../../../src/adapters/fetch/release.js';
import type { TOOL_NAMES } from '../../../src/adapters/tools-known.js';
import { rcloneZip, RESTIC_BZ2, temporalTarGz } from '../../support/archives.js';
import { checksumLine, serveRelease, type Answer, type ReleaseServer } from '../../support/release-server.js';

const LINUX: Platform = { os: 'linux', arch: 'amd64' };
const RESTIC = 'restic_0.18.0_linux_amd64.bz2';
const HELLO = 'echo hello';

let folder: string;
let server: ReleaseServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fts-release-'));
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

async function fetchFrom(
  files: Record<string, Answer>,
  name: (typeof TOOL_NAMES)[number] = 'restic',
): Promise<string> {
  server = await serveRelease(files);
  return fetchRelease(name, { ...CATALOGUE[name].release, base: server.base }, folder, LINUX);
}

describe('what the release publishes', () => {
  it('bzip2, as restic', async () => {
    const file = await fetchFrom({ SHA256SUMS: checksumLine(RESTIC_BZ2, RESTIC), [RESTIC]: RESTIC_BZ2 });
    await expect(readFile(file, 'utf8')).resolves.toContain('restic 0.18.0');
  });

  it('zip, as rclone, whose checksums are signed in clear', async () => {
    const asset = 'rclone-v1.71.2-linux-amd64.zip';
    const zip = rcloneZip(HELLO);
    const sums = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n${checksumLine(zip, asset)}-----BEGIN PGP SIGNATURE-----\n`;
    const file = await fetchFrom({ SHA256SUMS: sums, [asset]: zip }, 'rclone');
    await expect(readFile(file, 'utf8')).resolves.toContain(HELLO);
  });

  it('tar.gz, as temporal', async () => {
    const asset = 'temporal_cli_1.5.1_linux_amd64.tar.gz';
    const archive = await temporalTarGz(HELLO);
    const file = await fetchFrom(
      { 'checksums.txt': checksumLine(archive, asset), [asset]: archive },
      'temporal',
    );
    await expect(readFile(file, 'utf8')).resolves.toContain(HELLO);
  });
});

describe('what may be tampered with is refused, and not unpacked', () => {
  it('another checksum', async () => {
    const fetched = fetchFrom({
      SHA256SUMS: checksumLine(Buffer.from('other'), RESTIC),
      [RESTIC]: RESTIC_BZ2,
    });
    await expect(fetched).rejects.toThrow(Tampered);
    await expect(fetched).rejects.toThrow(
      /restic_0.18.0_linux_amd64.bz2 has SHA-256 [0-9a-f]{64}, its release/,
    );
    await expect(readFile(path.join(folder, 'restic'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('an archive that was cut short, and arrived whole as such', async () => {
    const fetched = fetchFrom({
      SHA256SUMS: checksumLine(RESTIC_BZ2, RESTIC),
      [RESTIC]: RESTIC_BZ2.subarray(0, 50),
    });
    await expect(fetched).rejects.toThrow(Tampered);
  });

  it('an asset without a checksum is not even asked for', async () => {
    const sums = checksumLine(RESTIC_BZ2, `other/${RESTIC}`) + checksumLine(RESTIC_BZ2, `${RESTIC}.asc`);
    await expect(fetchFrom({ SHA256SUMS: sums, [RESTIC]: RESTIC_BZ2 })).rejects.toThrow(Tampered);
    expect(server?.asked).toEqual(['SHA256SUMS']);
  });
});

describe('what cannot be had closes this way only', () => {
  it('no checksums', async () => {
    await expect(fetchFrom({ [RESTIC]: RESTIC_BZ2 })).rejects.toThrow(/SHA256SUMS answers 404$/);
  });

  it('no such asset', async () => {
    const fetched = fetchFrom({ SHA256SUMS: checksumLine(RESTIC_BZ2, RESTIC) });
    await expect(fetched).rejects.toThrow(WayClosed);
    await expect(fetched).rejects.toThrow(/linux_amd64.bz2 answers 404$/);
  });

  it('nobody listens', async () => {
    const { base, close } = await serveRelease({});
    await close();
    const fetched = fetchRelease('restic', { ...CATALOGUE.restic.release, base }, folder, LINUX);
    await expect(fetched).rejects.toThrow(WayClosed);
    await expect(fetched).rejects.toThrow(/^127\.0\.0\.1:\d+ cannot be reached: /);
  });

  it('a connection that breaks off is tried once more', async () => {
    let times = 0;
    const breaksOff =
      (always: boolean): Answer =>
      (response) => {
        times += 1;
        if (times > 1 && !always) return response.end(RESTIC_BZ2);
        response.writeHead(200, { 'content-length': RESTIC_BZ2.length });
        return response.write(RESTIC_BZ2.subarray(0, 50), () => response.destroy());
      };
    const sums = checksumLine(RESTIC_BZ2, RESTIC);
    const once = await fetchFrom({ SHA256SUMS: sums, [RESTIC]: breaksOff(false) });
    await expect(readFile(once, 'utf8')).resolves.toContain('restic 0.18.0');
    await server?.close();
    times = 0;
    await expect(fetchFrom({ SHA256SUMS: sums, [RESTIC]: breaksOff(true) })).rejects.toThrow(/broke off/);
    expect(times).toBe(2);
  });

  it('a verified archive without the program in it', async () => {
    const zip = rcloneZip(HELLO).subarray(0, -22);
    const asset = 'rclone-v1.71.2-linux-amd64.zip';
    const fetched = fetchFrom({ SHA256SUMS: checksumLine(zip, asset), [asset]: zip }, 'rclone');
    await expect(fetched).rejects.toThrow(/does not unpack/);
  });
});

describe('the catalogue', () => {
  it('names the assets as their makers do', () => {
    const mac: Platform = { os: 'darwin', arch: 'arm64' };
    const assets = Object.values(CATALOGUE).flatMap((source) =>
      'release' in source ? source.release.asset(mac) : [],
    );
    expect(assets).toEqual([
      'restic_0.18.0_darwin_arm64.bz2',
      'rclone-v1.71.2-osx-arm64.zip',
      'temporal_cli_1.5.1_darwin_arm64.tar.gz',
    ]);
  });

  it('knows the platforms that have releases', () => {
    expect(thisPlatform('linux', 'x64')).toEqual({ os: 'linux', arch: 'amd64' });
    expect(thisPlatform('darwin', 'arm64')).toEqual({ os: 'darwin', arch: 'arm64' });
    expect(thisPlatform('linux', 'riscv64')).toBeUndefined();
    expect(thisPlatform('win32', 'x64')).toBeUndefined();
  });
});
