import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INACTIVE_SECONDS, OLD_SECONDS, PURGE_LIMIT } from './estate-text.js';
import type { Fts } from './fts.js';
import { filesBelow } from './outside.js';
import type { Sandbox } from './sandbox.js';
import { tell } from './telling.js';

/** Exit code of `fts` for a run that waits for a person. */
const HELD = 4;

/** An old file goes. */
export async function purgeDraft(fts: Fts, draft: readonly string[]): Promise<void> {
  await untilOld(draft, OLD_SECONDS);
  await fts.must('run', 'scratch-purge');
  if ((await left(draft)) > 0) throw new Error('the old file is still there');
}

/** A project in which nothing changes moves to the archive, and is the same there. */
export async function graduateFilm({ flux, space }: Sandbox, fts: Fts, film: string): Promise<void> {
  const [source, destination] = [join(flux, 'active', film), join(space, 'projects', film)];
  const before = await filesBelow(source);
  await untilOld(
    [...before.keys()].map((name) => join(source, name)),
    INACTIVE_SECONDS,
  );
  await fts.must('run', 'flux-graduation');
  const after = await filesBelow(destination);
  if ([...before].some(([name, hash]) => after.get(name) !== hash))
    throw new Error(`${film} differs in the archive`);
  if ((await left([source])) > 0) throw new Error(`${film} is still among the active projects`);
  tell(`all ${String(after.size)} files of ${film} have the SHA-256 in the archive that they had before`);
}

/** More than the purge may delete: nothing goes until it is approved, and then all of it. */
export async function holdAndApprove(fts: Fts, leftovers: readonly string[]): Promise<void> {
  const count = String(leftovers.length);
  tell(
    `a build left ${count} files in scratch; unasked, scratch-purge deletes ${String(PURGE_LIMIT)} at most`,
  );
  await untilOld(leftovers, OLD_SECONDS);
  await fts.must('run', 'scratch-purge', { exitCode: HELD });
  if ((await left(leftovers)) < leftovers.length) throw new Error('something was deleted without approval');
  tell(`all ${count} files are still there; the biggest are named in the Web UI:`);
  tell(await fts.latestInWebUi('scratch-purge'));
  await fts.must('approve', 'scratch-purge');
  if ((await left(leftovers)) > 0) throw new Error('what was approved is still there');
}

/** Waits until the last change of all of them is so long ago, which it mostly is. */
async function untilOld(files: readonly string[], seconds: number): Promise<void> {
  const changes = await Promise.all(files.map(async (file) => (await stat(file)).ctimeMs));
  const waitMs = Math.max(...changes) + (seconds + 1) * 1000 - Date.now();
  if (waitMs <= 0) return;
  tell(`(${String(Math.ceil(waitMs / 1000))} s go by, until the last change is ${String(seconds)} s ago)`);
  await sleep(waitMs);
}

/** How many of them are there. */
async function left(paths: readonly string[]): Promise<number> {
  const there = paths.map((path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(there)).filter(Boolean).length;
}
