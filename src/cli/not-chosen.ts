import type { Choice, HeldSnapshot } from '../domain/snapshot.js';
import { UsageError } from '../domain/usage-error.js';
import { formatTime } from './format.js';

interface NotChosen {
  /** `a snapshot of flux`. */
  what: string;
  snapshot: string | undefined;
  at: string | undefined;
  timezone: string;
  repositories: readonly string[];
}

/** Why no snapshot was chosen, with those that come nearest. */
export function notChosen(
  { problem, nearest: near }: Exclude<Choice, { found: unknown }>,
  { what, snapshot, at, timezone, repositories }: NotChosen,
): UsageError {
  const list = near.map((held) => describeSnapshot(held, timezone)).join('; ');
  const where = repositories.join(' and ');
  const isOne = repositories.length === 1;
  switch (problem) {
    case 'none':
      return new UsageError(`${where} ${isOne ? 'does' : 'do'} not hold ${what}`, {
        hint: '`fts snapshots` lists what there is',
      });
    case 'tooEarly':
      return new UsageError(`no repository holds ${what} as old as ${JSON.stringify(at)}`, {
        hint: `the oldest: ${list}`,
      });
    case 'unknown':
      return new UsageError(`${where} ${isOne ? 'holds' : 'hold'} no snapshot ${JSON.stringify(snapshot)}`, {
        hint: near.length > 0 ? `the newest: ${list}` : '`fts snapshots` lists what there is',
      });
    case 'ambiguous':
      return new UsageError(`several snapshots begin with ${JSON.stringify(snapshot)}`, {
        hint: `say more of it: ${list}`,
      });
  }
}

/** `e872cee2 of flux-local, 2026-11-22 04:58`. */
export const describeSnapshot = ({ repository, snapshot }: HeldSnapshot, timeZone: string): string =>
  `${snapshot.shortId} of ${repository}, ${formatTime(new Date(snapshot.time), { seconds: true, timeZone })}`;
