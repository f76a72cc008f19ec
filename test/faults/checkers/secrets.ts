import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MIRROR_KEY, RESTIC_KEY } from '../remote.js';
import { PASSWORD, type World } from '../world.js';

const KEYS = [RESTIC_KEY, MIRROR_KEY];

/** As they are, and as a request's header has them. */
const SECRETS: readonly (readonly [name: string, text: string])[] = [
  ['the password', PASSWORD],
  ...KEYS.map(({ id, key }) => [`the key of ${id}`, key] as const),
  ...KEYS.map(({ id, key }) => [`the key of ${id}`, Buffer.from(`${id}:${key}`).toString('base64')] as const),
];

/** The name of a secret that is in the text. */
export const secretIn = (text: string): string | undefined =>
  SECRETS.find(([, secret]) => text.includes(secret))?.[0];

/** Invariant 5: none is in what `fts` and its workers say, in the host's records, or in Temporal's histories. */
export async function checkSecrets({ folder }: World): Promise<string[]> {
  const records = await filesBelow(join(folder, 'state'));
  const histories = ['temporal.db', 'temporal.db-wal', 'temporal.log'].map((name) => join(folder, name));
  const violations: string[] = [];
  for (const file of [...records, ...histories, ...(await filesBelow(join(folder, 'logs')))]) {
    const found = secretIn(await readFile(file, 'latin1').catch(() => ''));
    if (found !== undefined) violations.push(`${found} is in ${file}`);
  }
  for (const file of records) {
    const stats = await stat(file).catch(() => undefined);
    if (stats && stats.size > 0 && (stats.mode & 0o077) !== 0)
      violations.push(`${file} can be read by others`);
  }
  return violations;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
