import { join } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import type { PlannedManifest } from '../../domain/mirror.js';
import { type ListedFile, MANIFEST } from './listing.js';
import { METADATA_FILE, type PresentMetadata, sha1Of } from './metadata-known.js';
import { RCLONE_HINTS, meaningOfRclone } from '../rclone-failure.js';
import { runRclone } from '../rclone.js';
import type { RcloneRemote } from '../rclone-remote.js';
import type { State } from '../state.js';

/** What was last brought to a remote. */
const Brought = z.object({ root: z.string(), sha1: z.string() });
const broughtFile = (job: string): string => `mirrors/${job}.metadata.json`;

interface Asked {
  job: string;
  remote: RcloneRemote;
  state: State;
}

/** What a plan says of its manifest. `listed` is what the remote has of that name. */
export async function manifestOf({
  metadata: { sha1, bytes, unreadable },
  listed,
  ...asked
}: Asked & {
  metadata: PresentMetadata['metadata'];
  listed: ListedFile | undefined;
}): Promise<PlannedManifest> {
  const isThere =
    listed?.size === bytes && (listed.sha1 === '' ? await isKnown(asked, sha1) : listed.sha1 === sha1);
  return { sha1, bytes, isThere, ...(unreadable && { unreadable }) };
}

/** Whether it is what this host brought there last. */
async function isKnown({ job, remote, state }: Asked, sha1: string): Promise<boolean> {
  const brought = await state.readRenewable(broughtFile(job), Brought);
  return brought?.root === remote.root && brought.sha1 === sha1;
}

export interface ManifestCall extends Asked {
  manifest: PlannedManifest;
  /** The plan's folder on the host. */
  folder: string;
  signal: AbortSignal;
  /** While a part of the plan waits, a manifest that the remote has stays: it tells of the files that may be lost. */
  waits: boolean;
}

/**
 * Brings the manifest that was made with the plan to the remote, if that does not have it. Safe to repeat. If the process
 * dies, the remote has the manifest of this run or of the one before, as a whole. Fails as `runRclone` does, with
 * `StateCorrupt` when it is not the plan's, and when the remote does not take it.
 */
export async function bringManifest(call: ManifestCall): Promise<void> {
  const { job, remote, folder, state, signal, waits, manifest } = call;
  if (manifest.isThere) return;
  const { sha1 } = manifest;
  const file = join(folder, METADATA_FILE);
  if ((await sha1Of(file)) !== sha1)
    throw new FtsError(
      'StateCorrupt',
      `${file} is not what the plan says`,
      'run the job again: it plans anew',
    );
  // A remote without hashes compares sizes only: what is known to differ is not compared.
  const how = waits ? '--ignore-existing' : (await isKnown(call, sha1)) ? '--checksum' : '--ignore-times';
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
    throw new FtsError(
      type,
      `remote ${remote.name}: the metadata manifest cannot be brought there: ${said}`,
      RCLONE_HINTS[type],
    );
  }
  if (waits) return;
  await state.write(broughtFile(job), { root: remote.root, sha1 } satisfies z.infer<typeof Brought>);
}
