import { z } from 'zod';
import type { State } from '../src/adapters/state.js';
import { FtsError } from '../src/domain/failures.js';
import type { OpenRepository } from './restic-step.js';
import { idOf, missing, readSeen, remember } from './seen-repository.js';

const Begun = z.object({ startedAt: z.iso.datetime() });

const begunFile = (repository: string): string => `repositories/${repository}.init.json`;

const Initialized = z.object({ message_type: z.literal('initialized'), id: z.string() });

/**
 * Makes a repository where none was ever seen. One that is there and opens with the declared password is taken for ours.
 *
 * If the process dies before the record says that it began, nothing has happened. After it there is nothing, or a part
 * that nobody can open, which the next attempt clears away if it is on this host and younger than the record; or there is
 * the whole repository, which the next attempt takes. The record goes when the repository is remembered.
 */
export async function makeRepository({
  state,
  repository,
  opened: { run, clearHalfInit },
}: {
  state: State;
  repository: string;
  opened: Pick<OpenRepository, 'run' | 'clearHalfInit'>;
}): Promise<void> {
  const seen = await readSeen(state, repository);
  if (seen) throw missing(state, repository, seen);
  const begun = await state.read(begunFile(repository), Begun);
  if (begun) await clearHalfInit(Date.parse(begun.startedAt));
  else await state.write(begunFile(repository), { startedAt: new Date().toISOString() });

  let id: string | undefined;
  try {
    await run({
      args: ['init', '--json'],
      onMessage: (message) => {
        id = Initialized.safeParse(message).data?.id ?? id;
      },
    });
  } catch (error) {
    id = await idOf({ run });
    if (id === undefined) throw error;
  }
  id ??= await idOf({ run });
  if (id === undefined) throw new FtsError('VerificationFailed', 'restic ended well and made no repository');
  await remember(state, repository, id);
  await state.remove(begunFile(repository));
}
