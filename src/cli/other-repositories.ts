import { otherRepositories } from '../estate/saved-by.js';
import { type Looking, lookIntoAll, snapshotsOf } from './looking.js';

/** The repository, other than those that were looked into, that has a snapshot of this id, or of this beginning of one. */
export async function otherHolder(
  looking: Looking,
  id: string,
  names: readonly string[],
): Promise<string | undefined> {
  const others = otherRepositories(looking.loaded.estate, (host) => looking.here.has(host), names);
  const { answers } = await lookIntoAll(looking, others, (opened) => snapshotsOf(opened));
  return answers.find(({ answer }) => answer.some((snapshot) => snapshot.id.startsWith(id.toLowerCase())))
    ?.name;
}
