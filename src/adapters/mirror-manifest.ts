import { join } from 'node:path';
import { z } from 'zod';
import { OWN_FOLDER } from '../domain/sentinel.js';
import { type MirrorMetadata, writeMirrorMetadata } from './mirror-metadata.js';
import type { WalkExcludes } from './mirror-metadata-walk.js';
import { runRclone } from './rclone.js';
import type { RcloneRemote } from './rclone-remote.js';
import type { State } from './state.js';

/** Where the manifest lies in the remote. */
const MANIFEST = `${OWN_FOLDER}/mirror-metadata.jsonl.gz`;

/** What was last brought to a remote. */
const Brought = z.object({ root: z.string(), sha1: z.string() });
const broughtFile = (job: string): string => `mirrors/${job}-metadata.json`;

export interface ManifestCall extends WalkExcludes {
  job: string;
  remote: RcloneRemote;
  /** Root of the volume. */
  root: string;
  /** Folder on the host in which it is made. */
  folder: string;
  state: State;
  signal: AbortSignal;
}

/**
 * Writes the metadata manifest of the volume and brings it to the remote, if that does not have it. Safe to repeat. If
 * the process dies, the remote has the manifest of this run or of the one before, as a whole.
 */
export async function bringManifest(call: ManifestCall): Promise<MirrorMetadata> {
  const { job, remote, root, folder, state, signal, exclude, repositories } = call;
  const file = join(folder, 'metadata.jsonl.gz');
  const metadata = await writeMirrorMetadata({ root, exclude, repositories, file, signal });
  const brought = await state.read(broughtFile(job), Brought);
  const known = brought?.root === remote.root && brought.sha1 === metadata.sha1;
  // A remote without hashes compares sizes only: what is known to differ is not compared.
  const how = known ? '--checksum' : '--ignore-times';
  await runRclone(remote, { args: ['copyto', file, `${remote.root}/${MANIFEST}`, how], signal });
  await state.write(broughtFile(job), { root: remote.root, sha1: metadata.sha1 } satisfies z.infer<
    typeof Brought
  >);
  return metadata;
}
