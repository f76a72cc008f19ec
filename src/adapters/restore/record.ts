import { z } from 'zod';
import type {
  MirrorSource,
  RestoreRequest,
  RestoreResult,
  SnapshotSource,
  Unrestored,
} from '../../domain/restore.js';
import { CONFLICT_POLICIES } from '../../domain/restore.js';
import type { State } from '../state.js';

/** Bytes. */
export const Hex = z.string().regex(/^([0-9a-f]{2})*$/);
const Ground = z
  .object({ volume: z.string().optional(), root: z.string() })
  .transform(({ volume, root }) => ({ volume, root }));
const Target = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('beside'), ground: Ground }),
  z.object({ kind: z.literal('in-place'), ground: Ground, conflict: z.enum(CONFLICT_POLICIES) }),
  z.object({ kind: z.literal('folder'), ground: Ground, folder: z.array(z.string()) }),
]);

/** A `TallyResult`. */
export const Tally = z.object({
  ...{ entries: z.number(), files: z.number(), bytes: z.number() },
  ...{ contents: z.string(), attributes: z.string() },
});

/** Something whole that is renamed to its place. Names are hex; `folder` is below the ground's root. */
const Parcel = z.object({ folder: z.array(Hex), name: Hex, inode: z.string() });
export type Parcel = z.infer<typeof Parcel>;

const about = { at: z.string(), notes: z.array(z.string()).exactOptional() };
const Snapshot: z.ZodType<SnapshotSource> = z.object({
  ...{ ...about, repository: z.string(), snapshotId: z.string() },
  partial: z.literal(true).exactOptional(),
});
const Mirror: z.ZodType<MirrorSource> = z.object({ ...about, remote: z.string() });
/** Where files come from. */
export const Source = z.union([Snapshot, Mirror]);

const ResultOf = z.custom<RestoreResult>((value) => typeof value === 'object' && value !== null);

/** What a declaration is of, and the declaration. */
type DeclaredRequest = Pick<RestoreRequest, 'paths' | 'repository' | 'remote' | 'target' | 'declaration'>;

const Record = z.object({
  id: z.string(),
  /** Digest of the request. */
  request: z.string(),
  volume: z.string(),
  source: Source,
  /** Of a snapshot: where the volume's root is in its tree. */
  base: z.string(),
  /** Folders of the volume that the snapshot's tree leaves out. */
  lead: z.string().default(''),
  /** Of a mirror: the time by which its versions are told, where that was asked for. */
  versionAt: z.string().exactOptional(),
  items: z.array(z.object({ path: Hex, kind: z.enum(['folder', 'file']), expected: Tally })),
  /** In place: the paths in the order in which they get their place, where that is another. */
  order: z.array(Hex).optional(),
  target: Target,
  suffix: z.string(),
  step: z.enum(['prepared', 'fetched', 'verified', 'published']),
  /** When the record was written last. */
  at: z.iso.datetime(),
  /** restic could not lock the repository, which cannot be written. */
  unlocked: z.literal(true).optional(),
  parcels: z.array(Parcel).optional(),
  result: ResultOf.optional(),
  /** It does not go on, and its staging may go. */
  givenUp: z.literal(true).exactOptional(),
  /** What had been done when the restore was given up; null if nothing had. */
  soFar: ResultOf.nullish(),
  /** That nothing at all can be read is no failure: it is told as what could not be read. */
  mayLack: z.literal(true).exactOptional(),
  /** What could not be read: nothing of it is in staging. */
  unrestored: z.custom<Unrestored>((value) => typeof value === 'object' && value !== null).exactOptional(),
  /** What the restore was asked for by, so that no other estate's words are mixed into it. */
  asked: z.custom<DeclaredRequest>((value) => typeof value === 'object' && value !== null).optional(),
});

/** What a host knows of a restore, from its first step to its end. */
export type RestoreRecord = z.infer<typeof Record>;

const fileOf = (id: string): string => `restores/${id}.json`;

/**
 * Lock of whoever works on a restore. The empty file stays beside the record, which stays too: whoever opened it before it was
 * removed could lock it afterwards, while somebody else locks a new file of that name, and both would work.
 */
export const lockOfRestore = (state: Pick<State, 'path'>, id: string): string =>
  state.path('restores', `${id}.lock`);

/** Fails with `StateCorrupt`. */
export const readRestore = (state: Pick<State, 'read'>, id: string): Promise<RestoreRecord | undefined> =>
  state.read(fileOf(id), Record);

/** Writes what is known now, durably; answers with it. */
export async function writeRestore(
  state: Pick<State, 'write'>,
  record: RestoreRecord,
  changes: Partial<RestoreRecord> = {},
): Promise<RestoreRecord> {
  const next = { ...record, ...changes, at: new Date().toISOString() };
  await state.write(fileOf(record.id), next);
  return next;
}

/** Removes the record of a restore that is over, and whose result somebody else keeps. Safe to repeat. */
export const forgetRestore = (state: Pick<State, 'remove'>, id: string): Promise<void> =>
  state.remove(fileOf(id));
