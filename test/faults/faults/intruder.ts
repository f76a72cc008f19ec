import { appendFileSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Project, activeOf, archivedOf } from '../checkers/graduation.js';
import { treeAt } from '../checkers/tree.js';
import type { Fault } from '../fault.js';

const nothing = (): Promise<void> => Promise.resolve();

const untouched = ({ written, taken }: Project): boolean => !written && taken === undefined;

/** Somebody writes into a project, under its name in active. */
export const sourceWritten = (projects: readonly Project[]): Fault => ({
  name: 'source-written',
  weight: 1.5,
  demands: [],
  lasts: [0, 0],
  strike: async (world, random) => {
    const text = `a thought of ${String(random.next())}\n`;
    // The first that is still there is the one on its way: they go by name.
    for (const project of projects.filter(untouched)) {
      const place = activeOf(world, project.name);
      try {
        lstatSync(place);
        appendFileSync(join(place, 'notes'), text);
      } catch {
        continue; // it has moved
      }
      project.written = { text, tree: (await treeAt(place)) ?? project.tree };
      return { target: join(project.name, 'notes'), atRest: false, lift: nothing };
    }
    return undefined;
  },
});

/** Somebody makes an empty folder where a project is about to go. */
export const destinationTaken = (projects: readonly Project[]): Fault => ({
  name: 'destination-taken',
  weight: 1.5,
  demands: [],
  lasts: [0, 0],
  strike: (world) => {
    for (const project of projects.filter(untouched)) {
      const place = archivedOf(world, project.name);
      try {
        mkdirSync(place);
      } catch {
        continue; // it is there already
      }
      project.taken = lstatSync(place, { bigint: true }).ino;
      return Promise.resolve({ target: `projects/${project.name}`, atRest: false, lift: nothing });
    }
    return Promise.resolve(undefined);
  },
});
