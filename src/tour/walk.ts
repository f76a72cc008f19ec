import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findTool } from '../adapters/tools.js';
import { formatSize } from '../domain/units.js';
import { bringBack, loseFile } from './bringing-back.js';
import { BUCKETS } from './estate-text.js';
import type { Fts } from './fts.js';
import { filesBelow, plainRestic, remoteVariables, sha256Of, sizeOnRemote } from './outside.js';
import type { Sandbox } from './sandbox.js';
import { finishedProject, litter, projectsIn, seed, work } from './seed.js';
import { say, shown, tell } from './telling.js';
import { mirrorSpace } from './mirroring.js';
import { graduateFilm, holdAndApprove, purgeDraft } from './tidying.js';

/** The steps of the tour, each checked from outside. Rejects at the first that did not do what it claims. */
export async function walk(sandbox: Sandbox, fts: Fts, endpoint: string): Promise<undefined> {
  say('Provision the volumes: folders, and the sentinel without which no job touches them');
  for (const volume of ['flux', 'space']) await fts.must('provision', volume);

  say('Some files');
  const { film, draft, projects } = await someFiles(sandbox, fts);

  await saveAndRestore(sandbox, fts, { endpoint, projects });

  say('What is old goes from the scratch folder: a purge');
  await purgeDraft(fts, draft);
  const leftovers = await litter(sandbox.flux, 'build', LEFTOVERS);

  say('A finished project goes to the archive: a graduation');
  tell(`work goes on in ${String(projects.length)} projects; ${film} lies still`);
  await work(sandbox.flux, projects);
  await graduateFilm(sandbox, fts, film);

  say('The archive goes to Backblaze B2, file by file: a mirror');
  await mirrorSpace(sandbox, fts, endpoint);

  say('Too much at once is held, until a person has looked at it');
  await holdAndApprove(fts, leftovers);

  say('A part of the backup is read back, another each day: a check');
  await fts.must('run', 'flux-b2-check');

  say('Proof that it would come back: a drill restores a sample, and compares');
  await fts.must('run', 'flux-drill');

  say('Status');
  await fts.must('status');
  return undefined;
}

/** What a build leaves in the scratch folder (files). */
const LEFTOVERS = 25;

async function someFiles({ flux, space }: Sandbox, fts: Fts) {
  const made = await seed(flux);
  const projects = await projectsIn(flux);
  if (!made) await fts.untilIdle(); // what was due while nothing ran is being caught up
  const film = await finishedProject(flux, space);
  const draft = await litter(flux, 'draft', 1);
  const files = (await filesBelow(flux)).size;
  const whence = made ? '' : '; those of earlier starts are kept';
  tell(
    `${String(files)} files, in ${String(projects.length)} projects and ${film}, under ${shown(flux)}${whence}`,
  );
  return { film, draft, projects };
}

async function saveAndRestore(
  sandbox: Sandbox,
  fts: Fts,
  { endpoint, projects }: { endpoint: string; projects: readonly string[] },
): Promise<void> {
  const { flux, snapshots, password, cloud } = sandbox;
  const [restic, rclone] = [(await findTool('restic')).path, (await findTool('rclone')).path];
  const environment = remoteVariables(cloud, endpoint);
  const local = plainRestic({ restic, location: snapshots, password });
  const location = `rclone:backups:${BUCKETS.backups}/flux`;
  const offSite = plainRestic({ restic, location, password, rclone: { file: rclone, environment } });

  const letter = `active/${projects[0] ?? ''}/letter-${String(Date.now())}.txt`;
  await writeFile(join(flux, letter), 'Dear reader, this was worth keeping.\n');
  const sha256 = await sha256Of(join(flux, letter));

  say('Snapshot to the other drive, and backup to Backblaze B2, as workflows');
  await fts.must('run', 'flux-snapshot');
  const withLetter = (await local.snapshots()).at(-1);
  if (!withLetter?.tags?.includes('job=flux-snapshot'))
    throw new Error('restic shows no new snapshot of flux-snapshot');
  await fts.must('run', 'flux-backup');
  const { count, bytes } = await sizeOnRemote(rclone, environment, `backups:${BUCKETS.backups}`);
  tell(
    `rclone sees ${String(count)} files, ${formatSize(bytes)}, in bucket ${BUCKETS.backups} at ${endpoint}`,
  );

  say('A day goes by: three files change, and one is deleted by mistake');
  tell(`changed ${(await work(flux, projects.slice(0, 3))).join(', ')}`);
  const lost = { path: letter, sha256, snapshot: withLetter.id };
  await loseFile(sandbox, lost);
  await fts.must('run', 'flux-snapshot');
  const after = await local.snapshots();
  if (after.at(-1)?.id === withLetter.id) throw new Error('restic shows no second snapshot');

  say('Get the deleted file back');
  await bringBack(sandbox, fts, lost, local);

  say('Check both repositories, with plain restic, reading every byte');
  const [backups] = await Promise.all([offSite.snapshots(), local.check()]);
  await offSite.check();
  if (!backups.at(-1)?.tags?.includes('job=flux-backup'))
    throw new Error('restic shows no new snapshot of flux-backup');
  tell(`no errors; ${String(after.length)} snapshots here, ${String(backups.length)} in the cloud`);
}
