import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { FtsError } from '../../domain/failures.js';
import type { RebuildResult } from '../../domain/rebuild-run.js';
import { whileLocked } from '../project/lock.js';
import { Hex, Source, Tally } from '../restore/record.js';
import type { State } from '../state.js';

const Amount = z.object({ files: z.number(), bytes: z.number() });

/** A part of some lines of a file: where it begins and how long it is (bytes). */
const Slice = z.tuple([z.number(), z.number()]);

const Part = z.object({
  path: Hex,
  kind: z.enum(['folder', 'file']),
  isProject: z.boolean(),
  /** Which one it is in its source. */
  nth: z.number(),
  newestMs: z.number(),
  expected: Tally,
  /** Of a mirror: its lines in the listing, and its members of the manifest. */
  listed: z.array(Slice).exactOptional(),
  told: z.array(Slice).exactOptional(),
});
/** What a rebuild brings back as a whole. */
export type Part = z.infer<typeof Part>;

/** A folder that parts lie in, or that was made with the volume, as its source has it. */
const Folder = z.object({
  path: z.string(),
  mode: z.number(),
  uid: z.number(),
  gid: z.number(),
  modifiedNs: z.string(),
});
export type Folder = z.infer<typeof Folder>;

const Failed = z.object({
  ...{ part: z.number(), type: z.string(), message: z.string() },
  /** The restore whose report has what could not be read of it. */
  batch: z.string().exactOptional(),
});

const Record = z.object({
  /** Random; names its restores and files. */
  id: z.string(),
  volume: z.string(),
  /** What was asked for. */
  asked: z.record(z.string(), z.string()),
  /** The run of the workflow that planned it, or went on with it last. */
  run: z.string(),
  /** That run went on with what an earlier one had begun. */
  resumed: z.boolean(),
  /** When the volume that it fills was provisioned: another drive is another rebuild. */
  tree: z.string(),
  source: Source,
  /** Of a mirror: digest of what its remote was declared to be. */
  remote: z.string().exactOptional(),
  base: z.string(),
  versionAt: z.string().exactOptional(),
  folders: z.array(Folder),
  /** Of a mirror: where the manifest tells of them. */
  ways: z.array(Slice),
  /** Folders of projects, by which it was divided. */
  projects: z.array(z.string()),
  /** Some folders of the snapshot could not be read: what is in them belongs to no part yet. */
  isPart: z.literal(true).exactOptional(),
  /** Its parts were listed so often again: each list is a file of its own. */
  listing: z.number().default(0),
  /** Of all parts. */
  total: Amount,
  parts: z.number(),
  /** Parts that are still to come back, in order; `alone`: not with others, as one of them failed. */
  todo: z.array(z.number()),
  alone: z.array(z.number()),
  failed: z.array(Failed),
  failedInARow: z.number(),
  batches: z.number(),
  /** What is being brought back. */
  batch: z.object({ id: z.string(), parts: z.array(z.number()) }).optional(),
  restored: Amount,
  unchanged: Amount,
  /** What could not be brought back of them, for people, and how often. */
  lacking: z.record(z.string(), z.number()),
  /** Bytes of the parts that came back. */
  doneBytes: z.number(),
  beganAt: z.iso.datetime(),
  /** When it got on last. */
  at: z.iso.datetime(),
  /** When it came to its end, if it did. */
  endedAt: z.iso.datetime().optional(),
  result: z.custom<RebuildResult>((value) => typeof value === 'object' && value !== null).optional(),
});
/** What a host knows of a volume's rebuild. */
export type RebuildRecord = z.infer<typeof Record>;

const Parts = z.object({ id: z.string(), parts: z.array(Part) });

const fileOf = (volume: string): string => `rebuilds/${volume}.json`;

/** The list that a record's numbers of parts mean. */
const partsFile = ({ volume, listing }: Pick<RebuildRecord, 'volume' | 'listing'>): string =>
  `rebuilds/${volume}.parts${listing === 0 ? '' : `-${String(listing)}`}.json`;

/** Works while nobody else works on the volume's rebuild. Fails with `Busy`. */
export async function whileRebuilding<T>(
  state: Pick<State, 'path'>,
  volume: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = state.path('rebuilds', `${volume}.lock`);
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
  return whileLocked(lock, work);
}

/** Fails with `StateCorrupt`. */
export const readRebuild = (state: Pick<State, 'read'>, volume: string): Promise<RebuildRecord | undefined> =>
  state.read(fileOf(volume), Record);

/** The parts of a rebuild, in their order. Fails with `StateCorrupt`. */
export async function readParts(
  state: Pick<State, 'read'>,
  record: Pick<RebuildRecord, 'id' | 'volume' | 'listing'>,
): Promise<Part[]> {
  const { id, volume } = record;
  const found = await state.read(partsFile(record), Parts);
  if (found?.id === id) return found.parts;
  throw new FtsError(
    'StateCorrupt',
    `the parts of the rebuild ${id} of volume ${volume} are not on record`,
    `plan it anew: \`fts rebuild ${volume} --restart\``,
  );
}

/** Comes before the record that tells of them. */
export const writeParts = (
  state: Pick<State, 'write'>,
  record: Pick<RebuildRecord, 'id' | 'volume' | 'listing'>,
  parts: readonly Part[],
): Promise<void> => state.write(partsFile(record), { id: record.id, parts });

/** Removes the list of parts of a record that another one has replaced. Safe to repeat. */
export async function dropParts(
  state: Pick<State, 'remove'>,
  before: Pick<RebuildRecord, 'volume' | 'listing'>,
  now: Pick<RebuildRecord, 'listing'>,
): Promise<void> {
  if (before.listing !== now.listing) await state.remove(partsFile(before));
}

/** Writes what is known now, durably; answers with it. */
export async function writeRebuild(
  state: Pick<State, 'write'>,
  record: RebuildRecord,
  changes: Partial<RebuildRecord> = {},
): Promise<RebuildRecord> {
  const next = { ...record, ...changes, at: new Date().toISOString() };
  await state.write(fileOf(record.volume), next);
  return next;
}
