import { FtsError } from './failures.js';

/** What was read of the host's records, or in what way it is damaged (`StateCorrupt`). */
export async function damageOr<T>(
  reading: Promise<T>,
): Promise<{ record: T; damage?: undefined } | { record?: undefined; damage: FtsError }> {
  try {
    return { record: await reading };
  } catch (error) {
    if (error instanceof FtsError && error.type === 'StateCorrupt') return { damage: error };
    throw error;
  }
}
