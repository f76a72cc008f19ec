import { readFileSync, readdirSync } from 'node:fs';
import type { Sense, Sight } from './observer.js';
import type { World } from './world.js';

/** Every tool below the host worker: `tool cp`, and for restic `tool restic backup`. */
export const toolSense =
  (world: World): Sense =>
  () =>
    world.host.tools().map(({ name, args, pid, started }): Sight => {
      const command = name === 'restic' ? args.find((arg) => RESTIC_COMMANDS.has(arg)) : undefined;
      return [`tool ${name}${command === undefined ? '' : ` ${command}`}`, `${String(pid)} ${started}`];
    });

/** Which of its transfers and deletions rclone is about, in the order in which they are seen. */
export const transfersIn = (world: World): { pid: number; command: 'copy' | 'delete' }[] =>
  world.host
    .tools()
    .filter(({ name }) => name === 'rclone')
    .flatMap(({ pid, args }) => {
      const command = (['copy', 'delete'] as const).find((one) => args.includes(one));
      return command ? [{ pid, command }] : [];
    });

const RESTIC_COMMANDS = new Set([
  'backup',
  'forget',
  'tag',
  'snapshots',
  'init',
  'cat',
  'list',
  'prune',
  'check',
  'restore',
  'ls',
]);

/** Every new name in a folder that may not be there yet. `deep`: in the folders below it. */
export const nameSense =
  (moment: string, folder: string, deep = false): Sense =>
  () => {
    const names = namesIn(folder);
    const all = deep
      ? names.flatMap((name) => namesIn(`${folder}/${name}`).map((inner) => `${name}/${inner}`))
      : names;
    return all.map((name): Sight => [moment, name]);
  };

/** A file that is there, each time it is written anew. */
export const contentSense =
  (file: string, read: (content: string) => Sight[]): Sense =>
  () => {
    try {
      return read(readFileSync(file, 'utf8'));
    } catch {
      return [];
    }
  };

/** What is in a folder; nothing where there is none. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { encoding: 'latin1' });
  } catch {
    return [];
  }
}
