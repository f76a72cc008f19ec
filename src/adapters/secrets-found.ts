import { FtsError } from '../domain/failures.js';
import type { MissingSecret } from '../domain/kit.js';
import type { WantedSecret } from '../estate/secrets-wanted.js';
import type { SecretResolver } from './secrets.js';

/** Looks up all of these secrets. One that has no value here is said, and is no failure. */
export async function findSecrets(
  resolver: SecretResolver,
  wanted: readonly WantedSecret[],
): Promise<{ found: Map<string, string>; missing: MissingSecret[] }> {
  const found = new Map<string, string>();
  const missing: MissingSecret[] = [];
  for (const { secret, neededBy } of wanted) {
    try {
      found.set(secret, await resolver.resolve(secret, neededBy.join(', ')));
    } catch (error) {
      if (!(error instanceof FtsError)) throw error;
      missing.push({ secret, neededBy, message: error.message });
    }
  }
  return { found, missing };
}
