import { join } from 'node:path';
import { findTool } from '../adapters/tools.js';
import { BUCKETS } from './estate-text.js';
import type { Fts } from './fts.js';
import { isOnRemote, plainRestic, remoteVariables } from './outside.js';
import type { Sandbox } from './sandbox.js';
import { shown, tell } from './telling.js';

/** The volume `space` goes to the cloud: its projects are there for plain rclone, and its repository opens with plain restic. */
export async function mirrorSpace(
  { space, cloud, snapshots, password }: Sandbox,
  fts: Fts,
  endpoint: string,
): Promise<void> {
  await fts.must('run', 'space-mirror');
  const [restic, rclone] = [(await findTool('restic')).path, (await findTool('rclone')).path];
  const environment = remoteVariables(cloud, endpoint);
  const mirror = `mirror:${BUCKETS.mirror}`;

  const projects = [join(space, 'projects'), `${mirror}/projects`] as const;
  tell(`$ rclone check --one-way --download ${shown(projects[0])} ${projects[1]}`);
  if (!(await isOnRemote(rclone, environment, ...projects))) throw new Error('the mirror lacks something');
  tell('every archived file is there, byte for byte');

  const location = `rclone:${mirror}/snapshots/flux-local`;
  tell(`$ restic -r ${location} snapshots`);
  const mirrored = plainRestic({ restic, location, password, rclone: { file: rclone, environment } });
  const local = plainRestic({ restic, location: snapshots, password });
  const [there, here] = await Promise.all([mirrored.snapshots({ locked: false }), local.snapshots()]);
  if (there.at(-1)?.id !== here.at(-1)?.id)
    throw new Error('the mirrored repository lacks the last snapshot');
  tell(`the repository in the mirror opens, with the same ${String(there.length)} snapshots`);
}
