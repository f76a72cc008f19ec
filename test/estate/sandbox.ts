import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { EstateError, type Finding, loadEstate, type LoadedEstate } from '../../src/estate/load.js';

/** A small valid estate; tests replace pieces of it. */
export const SMALL = `estate: home
timezone: Europe/Berlin
hosts:
  desk: { platform: linux }
volumes:
  work: { host: desk, mountpoint: /work, filesystem: xfs }
  backup: { host: desk, mountpoint: /backup, filesystem: xfs }
repositories:
  local: { host: desk, volume: backup, path: restic, password: restic-password }
jobs:
  hourly:
    kind: snapshot
    volume: work
    repository: local
    cron: '0 * * * *'
    keep: { hourly: 24 }
`;

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-estate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Loads `text` as an estate file. */
export async function load(text: string | Uint8Array): Promise<LoadedEstate> {
  const file = join(await temporaryFolder(), 'estate.yaml');
  await writeFile(file, text);
  return loadEstate(file);
}

/** What is wrong with a file; throws if nothing is, or if loading fails in another way. */
export async function findingsOf(file: string): Promise<readonly Finding[]> {
  try {
    await loadEstate(file);
  } catch (error) {
    if (error instanceof EstateError) return error.findings;
    throw error;
  }
  throw new Error(`${file} is valid`);
}
