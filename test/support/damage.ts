import { randomBytes } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { execa } from 'execa';

/** What becomes of a record that is there and valid. */
const DAMAGES = {
  'cut off in the middle': async (file: string) => {
    await truncate(file, Math.floor((await readFile(file)).length / 2));
  },
  garbage: (file: string) => writeFile(file, randomBytes(200)),
  "another one's": async (file: string) => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"record":"testbed/', '"record":"testbed/other-'));
  },
  'a FIFO': async (file: string) => {
    await rm(file);
    await execa('mkfifo', [file]);
  },
} as const;
export type DamageName = keyof typeof DAMAGES;

/** Those of any file. */
export const CONTENT_DAMAGES = ['cut off in the middle', 'garbage'] as const satisfies DamageName[];
/** Those of a record; `test/adapters/state.test.ts` has the others. */
export const RECORD_DAMAGES = [
  'cut off in the middle',
  "another one's",
  'a FIFO',
] as const satisfies DamageName[];

/** Damages a file, does something, and puts the file back as it was. */
export async function whileDamaged<T>(file: string, damage: DamageName, work: () => Promise<T>): Promise<T> {
  const whole = await readFile(file);
  await DAMAGES[damage](file);
  try {
    return await work();
  } finally {
    await rm(file, { force: true, recursive: true });
    await writeFile(file, whole);
  }
}
