import path from 'node:path';
import { unpack } from './archive.js';
import { thisPlatform, type Platform, type Release } from './catalogue.js';
import { downloadFile, downloadText } from './download.js';
import { Tampered, WayClosed } from './problem.js';
import type { ToolName } from '../tools-known.js';

/**
 * Downloads the official release of `name` into `folder` and returns the program's path. The archive is unpacked only
 * if it has the SHA-256 that the release publishes: `Tampered` if it has another or none is published.
 */
export async function fetchRelease(
  name: ToolName,
  release: Release,
  folder: string,
  platform: Platform | undefined = thisPlatform(),
): Promise<string> {
  if (!platform) throw new WayClosed(`there is none for ${process.platform} ${process.arch}`);
  const asset = release.asset(platform);
  const published = checksumOf(asset, await downloadText(`${release.base}/${release.checksums}`));
  if (published === undefined)
    throw new Tampered(`${release.base}/${release.checksums} has no SHA-256 of ${asset}`);
  const archive = path.join(folder, asset);
  const actual = await downloadFile(`${release.base}/${asset}`, archive);
  if (actual !== published)
    throw new Tampered(`${release.base}/${asset} has SHA-256 ${actual}, its release says ${published}`);
  return unpack({ archive, packing: release.packing, program: name, folder });
}

/** The line of `asset` in a file as sha256sum(1) writes it, wherever it stands (rclone's is signed in clear). */
function checksumOf(asset: string, checksums: string): string | undefined {
  for (const line of checksums.split(/\r?\n/)) {
    const [, hash, file] = /^([0-9a-f]{64}) [ *](\S+)$/i.exec(line) ?? [];
    if (file === asset) return hash?.toLowerCase();
  }
  return undefined;
}
