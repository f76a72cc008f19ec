import { createHmac, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { canonicalJson } from '../domain/declaration.js';
import type { KitFacts, KitRecord } from '../domain/kit.js';
import type { Estate } from '../estate/schema.js';
import type { State } from './state.js';

const FILE = 'kit.json';

const Schema: z.ZodType<KitRecord> = z.object({
  writtenAt: z.iso.datetime(),
  file: z.string(),
  salt: z.string(),
  secrets: z.string(),
  places: z.string(),
  names: z.array(z.string()),
});

/** What this host remembers of the last kit that it wrote. Fails with `StateCorrupt`. */
export const readKitRecord = (state: Pick<State, 'read'>): Promise<KitRecord | undefined> =>
  state.read(FILE, Schema);

/** Replaces it. Safe to repeat. */
export const writeKitRecord = (state: Pick<State, 'write'>, record: KitRecord): Promise<void> =>
  state.write(FILE, record);

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

/** Digests by which a later change is noticed. That of the secrets is made slowly, and of all of them together, so that none can be guessed from it. */
export async function kitFacts(
  estate: Estate,
  secrets: ReadonlyMap<string, string>,
  salt: string,
): Promise<KitFacts> {
  const sorted = [...secrets].sort(([one], [other]) => (one < other ? -1 : 1));
  const { repositories, remotes, secrets: provider } = estate;
  const key = Buffer.from(salt, 'hex');
  return {
    secrets: (await derive(canonicalJson(sorted), key, 32)).toString('hex'),
    places: createHmac('sha256', key)
      .update(canonicalJson({ repositories, remotes, provider }))
      .digest('hex'),
    names: sorted.map(([name]) => name),
  };
}
