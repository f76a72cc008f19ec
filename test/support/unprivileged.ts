import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findTool } from '../../src/adapters/tools.js';

/**
 * Root reads everything; this makes the restic that is found from now on in this process one without root's
 * capabilities, so that a file of mode 0 is unreadable to it. Returns the folder to remove.
 */
export async function withoutCapabilities(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-unprivileged-'));
  const shim = join(folder, 'restic');
  await writeFile(
    shim,
    `#!/bin/sh\nexec setpriv --bounding-set -all ${(await findTool('restic')).path} "$@"\n`,
  );
  await chmod(shim, 0o755);
  process.env.PATH = [folder, process.env.PATH].join(delimiter);
  return folder;
}
