import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import type { Fts } from './fts.js';
import { type plainRestic, sha256Of } from './outside.js';
import type { Sandbox } from './sandbox.js';
import { shown, tell } from './telling.js';

/** A file of `flux` that a snapshot has. */
export interface Saved {
  path: string;
  sha256: string;
  snapshot: string;
}

/** Deletes it, as one does by mistake. */
export async function loseFile({ flux }: Sandbox, { path }: Saved): Promise<void> {
  await rm(join(flux, path));
  tell(`deleted ${path}`);
}

/** Finds the file in the repositories and brings it back to its place; plain restic brings the same. */
export async function bringBack(
  { flux, folder }: Sandbox,
  fts: Fts,
  { path, sha256, snapshot }: Saved,
  local: ReturnType<typeof plainRestic>,
): Promise<void> {
  await fts.must('find', path.slice(path.lastIndexOf('/') + 1));
  await fts.must('restore', `flux/${path}`, '--snapshot', snapshot.slice(0, 8), '--in-place', '--yes');
  if ((await sha256Of(join(flux, path))) !== sha256) throw new Error('the restored file differs');
  tell('it is at its place again, with the SHA-256 that it had');

  const target = join(folder, 'restored');
  const saved = join(flux, path);
  tell(`$ restic restore ${snapshot.slice(0, 8)} --include ${shown(saved)} --target ${shown(target)}`);
  if ((await sha256Of(await local.restore(snapshot, saved, target))) !== sha256)
    throw new Error('plain restic restores another file');
  tell('plain restic, with nothing of this product, brings back the same');
}
