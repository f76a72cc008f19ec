/**
 * Looks every few milliseconds whether each project is whole under its own name: `node project-watcher.mjs LIST`.
 * LIST is JSON, `[{places: [folder…], files: {path: "size mtimeNs"}, samples: {path: text}}…]`, and may be replaced.
 * Prints each violation as a line and, when it is told to stop (SIGTERM), `{"looks": …}`. It opens files in one look
 * of fifty only, as a project that somebody has open stays where it is.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [list = ''] = process.argv.slice(2);
const PAUSE_MS = 1;
const READ_EVERY = 50;

let looks = 0;
let stopped = false;
process.on('SIGTERM', () => (stopped = true));

function isWholeAt(folder, { files, samples }, withContent) {
  try {
    for (const [path, expected] of Object.entries(files)) {
      const { size, mtimeNs } = lstatSync(join(folder, path), { bigint: true });
      if (`${size} ${mtimeNs}` !== expected) return false;
    }
    if (!withContent) return true;
    return Object.entries(samples).every(([path, text]) => readFileSync(join(folder, path), 'utf8') === text);
  } catch {
    return false;
  }
}

/** A project may go from one place to the other between two looks, in either direction. */
const isWhole = (project, withContent) =>
  [...project.places, ...project.places, project.places[0]].some((place) =>
    isWholeAt(place, project, withContent),
  );

while (!stopped) {
  for (const project of JSON.parse(readFileSync(list, 'utf8'))) {
    looks += 1;
    if (!isWhole(project, looks % READ_EVERY === 0))
      console.log(JSON.stringify({ at: new Date().toISOString(), places: project.places }));
  }
  await sleep(PAUSE_MS);
}
console.log(JSON.stringify({ looks }));
