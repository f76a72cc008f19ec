import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../senses.js';
import type { World } from '../world.js';
import { type Tree, difference, treeAt } from './tree.js';

/** Below `data`: what is asked for, and what nobody asked for. */
export const ASKED = 'thesis';
export const OTHER = 'other';

export const dataOf = ({ flux }: World): string => join(flux, 'data');

/** One request: what the snapshot has of the folder, and how both folders were when it was made. */
export interface Wish {
  inPlace: boolean;
  saved: Tree;
  before: Tree;
  other: Tree;
}

/** Invariant 9, at any time: nothing that was not asked for is touched, and no file is anything but what it was or what it is to be. */
export async function checkUntouched(
  world: World,
  { saved, before, other, inPlace }: Wish,
): Promise<string[]> {
  const [others, live] = [await look(world, OTHER), await look(world, ASKED)];
  const violations: string[] = [];
  const changed = others ? difference(other, others) : 'it is gone';
  if (changed !== undefined) violations.push(`${OTHER}, which nobody asked for: ${changed}`);
  if (!live) return [...violations, `${ASKED} is gone`];
  for (const [key, was] of filesOf(before)) {
    const is = live.get(key);
    const mayBe = [was, ...(inPlace ? [saved.get(key)] : [])];
    if (is === undefined) violations.push(`${nameOf(key)} is gone`);
    else if (!mayBe.some((one) => one?.hash === is.hash))
      violations.push(`${nameOf(key)} is neither what it was nor what it is to be`);
  }
  for (const [key, { hash }] of filesOf(live))
    if (!before.has(key) && !(inPlace && saved.get(key)?.hash === hash))
      violations.push(`${nameOf(key)} is there, and half of it, or not asked for`);
  for (const name of publishedIn(world)) {
    const found = await look(world, name);
    const problem = found && difference(saved, found, false);
    if (problem !== undefined) violations.push(`${name} is published, and not whole: ${problem}`);
  }
  return violations;
}

/** After a complete restore: all of it is there, what it replaced is kept, and staging is empty. */
export async function checkRestored(world: World, wish: Wish): Promise<string[]> {
  const { inPlace, saved, before } = wish;
  const violations = await checkUntouched(world, wish);
  const staged = namesIn(join(world.flux, '.fts', 'restores'));
  if (staged.length > 0) violations.push(`staging holds ${staged.join()}`);
  if (!inPlace) return publishedIn(world).length > 0 ? violations : [...violations, 'nothing was published'];
  const live = await look(world, ASKED);
  const kept = await keptHashes(world);
  for (const [key, { hash }] of filesOf(saved)) {
    if (live?.get(key)?.hash !== hash) violations.push(`${nameOf(key)} was not brought back`);
    const was = before.get(key)?.hash;
    if (was !== undefined && was !== hash && !kept.has(was))
      violations.push(`${nameOf(key)} was replaced, and what it was is not kept`);
  }
  return violations;
}

/** Folders that restores made beside the original. */
export const publishedIn = (world: World): string[] =>
  namesIn(dataOf(world)).filter((name) => name.startsWith(`${ASKED}.restored-`));

export const keptPlace = ({ flux }: World): string => join(flux, '.fts', 'replaced');

async function keptHashes(world: World): Promise<Set<string>> {
  const ids = await readdir(keptPlace(world)).catch(() => []);
  const trees = await Promise.all(ids.map((id) => treeAt(join(keptPlace(world), id))));
  return new Set(trees.flatMap((tree) => [...(tree?.values() ?? [])].flatMap(({ hash }) => hash ?? [])));
}

const LOOKS = 5;

/** A folder as it is; while something in it is replaced a look may miss it. */
async function look(world: World, name: string): Promise<Tree | undefined> {
  for (let tries = 1; ; tries += 1) {
    const found = await treeAt(join(dataOf(world), name));
    if (found !== undefined || tries >= LOOKS) return found;
  }
}

const filesOf = (tree: Tree) => [...tree].filter(([, { hash }]) => hash !== undefined);

const nameOf = (key: string): string =>
  key
    .split('/')
    .map((part) => Buffer.from(part, 'hex').toString())
    .join('/');
