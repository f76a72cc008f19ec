import { existsSync, readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../senses.js';
import type { World } from '../world.js';
import { attributesOf } from './attributes.js';
import { recordOf } from './record.js';
import { difference, type Tree, treeAt, treeOf } from './tree.js';

/** A project as it was made, and what somebody did to it since. */
export interface Project {
  name: string;
  tree: Tree;
  attributes: string;
  /** Opted out: it must never move. */
  stays: boolean;
  /** Somebody wrote this into `notes` while it may have been moving; `tree` is as it was before. */
  written?: { text: string; tree: Tree };
  /** Somebody took its name at the destination: the inode of that folder, which is empty. */
  taken?: bigint;
}

const JOB = 'graduation';

export const activeOf = ({ flux }: World, name: string): string => join(flux, 'active', name);
export const archivedOf = ({ space }: World, name: string): string => join(space, 'projects', name);

/** Looks of a project that is on its way may miss it, as it goes from one name to the other. */
const LOOKS = 4;

/** Invariant 3: a project is whole under its own name in at least one place. */
export async function checkWhole(world: World, project: Project, atRest: boolean): Promise<string[]> {
  for (let look = 1; ; look += 1) {
    const found = await wholeness(world, project, !atRest);
    if (found === undefined) return [];
    if (atRest || look >= LOOKS) return [`${project.name} is whole nowhere: ${found}`];
  }
}

async function wholeness(
  world: World,
  { name, tree, written }: Project,
  unread: boolean,
): Promise<string | undefined> {
  const active = await treeAt(activeOf(world, name), { unread });
  const archived = await treeAt(archivedOf(world, name), { unread });
  const good = [tree, ...(written ? [written.tree] : [])];
  if ([active, archived].some((found) => found && good.some((one) => difference(one, found) === undefined)))
    return undefined;
  const say = (found: Tree | undefined): string => (found ? (difference(tree, found) ?? 'whole') : 'absent');
  return `in active ${say(active)}; in projects ${say(archived)}`;
}

/** What somebody else put at the destination stays his, empty as it was. */
export async function checkTaken(world: World, { name, taken }: Project): Promise<string[]> {
  if (taken === undefined) return [];
  const place = archivedOf(world, name);
  const stats = await lstat(place, { bigint: true }).catch(() => undefined);
  if (stats?.ino !== taken) return [`the folder that somebody made at projects/${name} was replaced`];
  const names = await readdir(place);
  return names.length === 0 ? [] : [`${names.join()} was merged into somebody's folder projects/${name}`];
}

/** A success that names moved projects is true at once (invariant 7). */
export async function checkRecordedMoves(world: World, projects: readonly Project[]): Promise<string[]> {
  const success = (await recordOf(world, JOB))?.lastSuccess;
  const moved = (success?.result as { moved?: { project: string }[] } | null)?.moved ?? [];
  const violations: string[] = [];
  for (const project of projects) {
    if (!moved.some(({ project: name }) => name === project.name)) continue;
    const found = await treeAt(archivedOf(world, project.name), { unread: true });
    const problem = found ? difference(project.tree, found) : 'it is not there';
    if (problem !== undefined && project.written === undefined)
      violations.push(`${project.name} is on record as moved, and is not whole in projects: ${problem}`);
  }
  return violations;
}

/** After a complete run: everything once, with all it had, and nothing left over. */
export async function checkEnd(world: World, projects: readonly Project[]): Promise<string[]> {
  const violations: string[] = [];
  for (const project of projects) {
    const { name, tree, attributes, stays, written, taken } = project;
    const isActive = existsSync(activeOf(world, name));
    const isArchived = existsSync(archivedOf(world, name)) && taken === undefined;
    if (isActive && isArchived) violations.push(`${name} is in active and in projects`);
    const place = isActive ? activeOf(world, name) : archivedOf(world, name);
    if ((stays || taken !== undefined) && !isActive) violations.push(`${name} had to stay in active`);
    if (!stays && taken === undefined && !written && isActive) violations.push(`${name} was not moved`);
    if (written) {
      if (!writtenSurvives(world, name, written.text))
        violations.push(`what somebody wrote into ${name} is gone`);
      continue;
    }
    const problem = difference(tree, await treeOf(place).catch(() => new Map<string, never>()));
    if (problem !== undefined) violations.push(`${name} in ${place}: ${problem}`);
    else if ((await attributesOf(place)) !== attributes)
      violations.push(`${name} in ${place} has other attributes than it had`);
  }
  const staged = await readdir(join(world.space, '.fts', 'staging')).catch(() => []);
  if (staged.length > 0) violations.push(`staging holds ${staged.join()}`);
  return violations;
}

/** Hidden sources of earlier rounds, which no one has touched since: their time is over, and the run had to delete them. */
export function checkSwept({ flux }: World, past: readonly Project[]): string[] {
  const graduated = join(flux, '.fts', 'graduated');
  const hidden = new Set(namesIn(graduated).flatMap((day) => namesIn(join(graduated, day))));
  return past.filter(({ name }) => hidden.has(name)).map(({ name }) => `the hidden source of ${name} stays`);
}

/** Projects that had every reason to move, and did not: a look of ours may have had a folder of theirs open. */
export const leftBehind = (world: World, projects: readonly Project[]): string[] =>
  projects
    .filter(({ stays, written, taken }) => !stays && !written && taken === undefined)
    .filter(({ name }) => existsSync(activeOf(world, name)))
    .map(({ name }) => name);

/** What was written into the project under its name in active is still under one of its names. */
function writtenSurvives(world: World, name: string, text: string): boolean {
  return [activeOf(world, name), archivedOf(world, name)].some((place) => {
    try {
      return readFileSync(join(place, 'notes'), 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}
