import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import { OWN_FOLDER } from '../domain/sentinel.js';
import { type MirrorMetadata, writeMirrorMetadata } from './mirror-metadata.js';
import type { WalkExcludes } from './mirror-metadata-walk.js';
import { meaningOfRclone } from './rclone-failure.js';
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
  /** While a part of the plan waits, a manifest that the remote has stays: it tells of the files that may be lost. */
  waits: boolean;
}

/**
 * Writes the metadata manifest of the volume and brings it to the remote, if that does not have it. Safe to repeat. If
 * the process dies, the remote has the manifest of this run or of the one before, as a whole. Fails as `runRclone` does,
 * and when the remote does not take it.
 */
export async function bringManifest(call: ManifestCall): Promise<MirrorMetadata> {
  const { job, remote, root, folder, state, signal, waits, exclude, repositories } = call;
  const file = join(folder, 'metadata.jsonl.gz');
  const metadata = await writeMirrorMetadata({ root, exclude, repositories, file, signal });
  const brought = await state.read(broughtFile(job), Brought);
  const known = brought?.root === remote.root && brought.sha1 === metadata.sha1;
  // A remote without hashes compares sizes only: what is known to differ is not compared.
  const how = waits ? '--ignore-existing' : known ? '--checksum' : '--ignore-times';
  let said = 'no message';
  const { exitCode } = await runRclone(remote, {
    args: ['copyto', file, `${remote.root}/${MANIFEST}`, how],
    signal,
    onProblem: ({ message }) => {
      said = message;
    },
  });
  if (exitCode !== 0) {
    const type = meaningOfRclone(said) ?? 'ToolFailed';
    throw new FtsError(type, `remote ${remote.name}: the metadata manifest cannot be brought there: ${said}`);
  }
  if (waits) return metadata;
  await state.write(broughtFile(job), { root: remote.root, sha1: metadata.sha1 } satisfies z.infer<
    typeof Brought
  >);
  return metadata;
}
