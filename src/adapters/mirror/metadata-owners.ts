import { endOf } from '../../domain/exit-words.js';
import { FtsError } from '../../domain/failures.js';
import type { WalkedEntry } from './metadata-entry.js';
import { runTool } from '../tool.js';

/** So many numbers are asked for at once. */
const ASKED = 100;

/** The name of a number; undefined where the host has none. */
export type OwnerName = (number: string) => string | undefined;

/** Names by number, of those that were asked for; null where the host has none. */
export interface OwnerNames {
  users: Record<string, string | null>;
  groups: Record<string, string | null>;
}

/**
 * Names of users and groups, each asked for once: find(1) asks the system anew for every entry, which takes it longer than
 * all else that it does. Fails with `ToolMissing`, `ToolFailed`.
 */
export class Owners {
  readonly #users = new Map<string, string | undefined>();
  readonly #groups = new Map<string, string | undefined>();

  readonly user: OwnerName = (uid) => this.#users.get(uid);
  readonly group: OwnerName = (gid) => this.#groups.get(gid);

  /** Await it before the names of these entries' owners are asked for. */
  async learn(entries: readonly WalkedEntry[]): Promise<void> {
    await learn('passwd', this.#users, new Set(entries.map(({ uid }) => uid.toString())));
    await learn('group', this.#groups, new Set(entries.map(({ gid }) => gid.toString())));
  }

  get names(): OwnerNames {
    return { users: named(this.#users), groups: named(this.#groups) };
  }
}

/** The names that these numbers have at present. Fails as `Owners.learn` does. */
export async function presentNames({ users, groups }: OwnerNames): Promise<OwnerNames> {
  const [now, numbers] = [new Map<string, string | undefined>(), new Map<string, string | undefined>()];
  await Promise.all([
    learn('passwd', now, new Set(Object.keys(users))),
    learn('group', numbers, new Set(Object.keys(groups))),
  ]);
  return { users: named(now), groups: named(numbers) };
}

const named = (names: ReadonlyMap<string, string | undefined>): Record<string, string | null> =>
  Object.fromEntries([...names].map(([number, name]) => [number, name ?? null]));

async function learn(
  database: 'passwd' | 'group',
  names: Map<string, string | undefined>,
  numbers: ReadonlySet<string>,
): Promise<void> {
  const unknown = [...numbers].filter((number) => !names.has(number));
  for (let at = 0; at < unknown.length; at += ASKED) {
    const asked = unknown.slice(at, at + ASKED);
    for (const number of asked) names.set(number, undefined);
    const { exitCode, stderr } = await runTool({
      file: 'getent',
      args: [database, ...asked],
      onStdout: (line) => {
        // `name:x:1000:…` in both; of two names of one number the first counts
        const [name, , number = ''] = line.split(':');
        if (names.has(number)) names.set(number, names.get(number) ?? name);
      },
    });
    if (exitCode === 0 || exitCode === SOME_UNKNOWN) continue;
    throw new FtsError('ToolFailed', `getent ${database} ${endOf(exitCode)}: ${stderr.trim()}`);
  }
}

/** getent's exit code when it knows not all that it was asked for. */
const SOME_UNKNOWN = 2;
