import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PROJECTS = 12;
const FILES_A_PROJECT = 25;

/** Fills the hot volume with some hundred files in projects, unless it holds some. Returns how many are there. */
export async function seed(flux: string): Promise<{ files: number; made: boolean }> {
  const active = join(flux, 'active');
  if ((await readdir(active)).length > 0) return { files: PROJECTS * FILES_A_PROJECT, made: false };
  for (let project = 1; project <= PROJECTS; project += 1) {
    const folder = join(active, `project-${String(project).padStart(2, '0')}`);
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'notes.md'), `# Project ${String(project)}\n`);
    for (let file = 1; file < FILES_A_PROJECT; file += 1) {
      await writeFile(join(folder, 'data', `${String(file)}.bin`), randomBytes(512 + file * 97));
    }
  }
  await writeFile(join(flux, 'scratch', 'not saved'), 'scratch is excluded\n');
  return { files: PROJECTS * FILES_A_PROJECT, made: true };
}

/** A day's work: some files change, and one is deleted by mistake. Returns the paths, relative to the volume. */
export async function work(flux: string, letter: string): Promise<{ changed: string[]; deleted: string }> {
  const changed = ['project-01', 'project-02', 'project-03'].map((project) => `active/${project}/notes.md`);
  for (const path of changed) await writeFile(join(flux, path), `Changed at ${new Date().toISOString()}.\n`);
  await rm(join(flux, letter));
  return { changed, deleted: letter };
}
