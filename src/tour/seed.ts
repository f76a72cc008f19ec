import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PROJECTS = 12;
const FILES_A_PROJECT = 25;

/** Of the finished project. */
const REELS = 4;
const REEL_BYTES = 40_000;

/** Fills the hot volume with some hundred files in projects, unless it holds some; false then. */
export async function seed(flux: string): Promise<boolean> {
  if ((await projectsIn(flux)).length > 0) return false;
  for (let number = 1; number <= PROJECTS; number += 1) {
    const project = numbered('project', number);
    const folder = join(flux, 'active', project);
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'notes.md'), `# ${project}\n`);
    for (let file = 1; file < FILES_A_PROJECT; file += 1) {
      await writeFile(join(folder, 'data', `${String(file)}.bin`), randomBytes(512 + file * 97));
    }
  }
  return true;
}

/** Names of the projects that somebody works on. */
export const projectsIn = async (flux: string): Promise<string[]> =>
  (await readdir(join(flux, 'active'))).filter((name) => name.startsWith('project-')).sort();

/** A project that nobody will touch again. Returns its name, which neither volume knows yet. */
export async function finishedProject(flux: string, space: string): Promise<string> {
  const [active, archive] = [join(flux, 'active'), join(space, 'projects')];
  const taken = new Set([...(await readdir(active)), ...(await readdir(archive))]);
  let number = 1;
  while (taken.has(numbered('film', number))) number += 1;
  const folder = join(active, numbered('film', number));
  await mkdir(join(folder, 'reels'), { recursive: true });
  await writeFile(join(folder, 'credits.txt'), 'The end.\n');
  for (let reel = 1; reel <= REELS; reel += 1) {
    await writeFile(join(folder, 'reels', `${String(reel)}.mov`), randomBytes(REEL_BYTES));
  }
  return numbered('film', number);
}

/** A day's work in some projects: a file changes in each. Returns the paths, relative to the volume. */
export async function work(flux: string, projects: readonly string[]): Promise<string[]> {
  const notes = projects.map((project) => `active/${project}/notes.md`);
  for (const path of notes) await appendFile(join(flux, path), `At work at ${new Date().toISOString()}.\n`);
  return notes;
}

/** Leaves files in the scratch folder. Returns their paths. */
export async function litter(flux: string, name: string, count: number): Promise<string[]> {
  const files = Array.from({ length: count }, (_, index) =>
    join(flux, 'scratch', `${name}-${String(index + 1)}.tmp`),
  );
  for (const file of files) await writeFile(file, randomBytes(1000));
  return files;
}

const numbered = (what: string, number: number): string => `${what}-${String(number).padStart(2, '0')}`;
