import { join } from 'node:path';
import { execa } from 'execa';
import { BUCKET, MIRROR_KEY } from '../remote.js';
import type { World } from '../world.js';
import { remoteEnvironment } from './repository.js';

/** Below the bucket. */
export const MIRRORED = 'mirror';

/** What the remote shows, and all that it keeps, by the names of the mirror's files. */
export interface Holdings {
  visible: ReadonlySet<string>;
  /** Ids of all versions that hold content. */
  versions: ReadonlyMap<string, string>;
}

/** Asks the remote itself. The mirror's own files are left out. */
export async function holdingsOf({ remote }: World): Promise<Holdings> {
  const visible = new Set<string>();
  const versions = new Map<string, string>();
  const seen = new Set<string>();
  for (const { fileName, fileId, action } of await remote.versions()) {
    if (!fileName.startsWith(`${MIRRORED}/`) || fileName.startsWith(`${MIRRORED}/.fts`)) continue;
    const name = fileName.slice(MIRRORED.length + 1);
    if (action === 'upload') versions.set(fileId, name);
    if (!seen.has(name) && action === 'upload') visible.add(name);
    if (action !== 'start') seen.add(name);
  }
  return { visible, versions };
}

/** Invariant 2: nothing is out of sight that was not to go, and nothing at all is destroyed. */
export function checkLosses(before: Holdings, now: Holdings, toGo: ReadonlySet<string>): string[] {
  const gone = [...before.visible].filter((name) => !now.visible.has(name) && !toGo.has(name));
  const destroyed = [...before.versions].filter(([id]) => !now.versions.has(id)).map(([, name]) => name);
  return [
    ...gone.map((name) => `${name} was taken away from the remote, and is in the source`),
    ...destroyed.map((name) => `a version of ${name} was destroyed`),
  ];
}

const FILTER = ['--filter', '- /.fts**', '--filter', '- /lost+found/**'];

/** The remote opens with plain rclone and equals the source, content by content. */
export async function checkEqual({ flux, remote, folder }: World): Promise<string[]> {
  const report = join(folder, 'compared');
  const args = ['check', '--download', '--links', '--no-unicode-normalization', ...FILTER];
  const { exitCode, stdout, stderr } = await execa(
    'rclone',
    [...args, '--combined', '-', flux, `faults:${BUCKET}/${MIRRORED}`],
    { env: remoteEnvironment(remote, MIRROR_KEY), reject: false },
  );
  const differing = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('= '));
  if (differing.length > 0) return [`source and remote differ: ${differing.slice(0, 5).join('; ')}`];
  return exitCode === 0 ? [] : [`rclone check: ${stderr} ${report}`];
}
