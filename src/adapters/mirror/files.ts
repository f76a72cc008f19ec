import * as fs from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { damageOr } from '../../domain/damage.js';
import type { MirrorPlan, UploadClass } from '../../domain/mirror.js';
import type { State } from '../state.js';

/** Folder of a mirror's plan, relative to the state. */
export const planFolder = (job: string): string => join('plans', job);

/** Relative to the state. */
export const planFile = (job: string): string => join(planFolder(job), 'plan.json');
const releasedFile = (job: string): string => join('mirrors', `${job}.json`);

/**
 * Files of a plan. The listings are sorted by the bytes of the names, a line each: size, time in RFC 3339 with
 * nanoseconds, name, and on the remote's the SHA-1 where it is known, with tabs between. The lists hold one name a
 * line, as rclone writes and takes it (`--files-from-raw`).
 */
export function mirrorFiles(state: Pick<State, 'path'>, job: string) {
  const file = (name: string): string => state.path(planFolder(job), name);
  return {
    folder: state.path(planFolder(job)),
    source: file('source.tsv'),
    remote: file('remote.tsv'),
    new: (kind: UploadClass) => file(`new-${String(kind)}.txt`),
    changed: (kind: UploadClass) => file(`changed-${String(kind)}.txt`),
    touched: file('touched.txt'),
    /** In the order in which they go: 1 snapshots of restic repositories, 2 their indexes, 3 the rest. */
    delete: (step: UploadClass) => file(`delete-${String(step)}.txt`),
    /** Frozen indexes of the restic repositories on the volume, one name a line. */
    frozen: file('frozen.txt'),
    /** Folders that could not be listed, a JSON object a line. */
    unreadable: file('unreadable.jsonl'),
  };
}
export type MirrorFiles = ReturnType<typeof mirrorFiles>;

const Count = z.number().int().nonnegative();
const Removal = z.object({ files: Count, bytes: Count });
const Classes = z.tuple([Removal, Removal, Removal]);
const Problem = { path: z.string(), encoded: z.literal(true).exactOptional() };
const Loss = Removal.extend({
  biggest: z.array(z.object({ ...Problem, bytes: Count })),
  commonPath: z.base64(),
  hash: z.string(),
});

const Unreadable = z.object({
  count: Count,
  first: z.array(z.object({ ...Problem, message: z.string() })),
});

const Plan: z.ZodType<MirrorPlan> = z.object({
  runId: z.string(),
  madeAt: z.iso.datetime(),
  filter: z.array(z.string()),
  precisionNs: z.number().exactOptional(),
  source: Removal,
  remote: Removal,
  new: Classes,
  changed: Classes,
  touched: Removal,
  delete: Classes,
  losses: z.object({ deletions: Loss, overwrites: Loss, both: Loss }),
  place: z.string().exactOptional(),
  omitted: z.object({
    fifos: Count.exactOptional(),
    sockets: Count.exactOptional(),
    devices: Count.exactOptional(),
    notUtf8: Count.exactOptional(),
    collisions: Count.exactOptional(),
    tooLong: Count.exactOptional(),
    mounts: Count.exactOptional(),
  }),
  unreadable: Unreadable.exactOptional(),
  postponed: z.array(z.string()).exactOptional(),
  manifest: z.object({
    sha1: z.string(),
    bytes: Count,
    isThere: z.boolean(),
    unreadable: Unreadable.exactOptional(),
  }),
  unowned: z.literal(true).exactOptional(),
  pruned: Removal.exactOptional(),
  verified: Removal.exactOptional(),
  doubtful: z
    .array(z.object({ size: z.number(), mtime: z.string(), name: z.string(), sha1: z.string() }))
    .exactOptional(),
  large: z.object({ name: z.string(), size: Count, mtime: z.string(), offset: Count }).exactOptional(),
  exceeds: z.string().exactOptional(),
  held: z.enum(['nothing', 'deletions', 'losses']),
  lists: z.record(z.string(), Count).exactOptional(),
});

/** The plan that the job made last; undefined before the first, or after one that was not finished. Fails with `StateCorrupt`. */
export const readPlan = (state: Pick<State, 'read'>, job: string): Promise<MirrorPlan | undefined> =>
  state.read(planFile(job), Plan);

/** As `readPlan`, for a job that plans anew: a damaged one counts as none. */
export const planBefore = (
  state: Pick<State, 'readRenewable'>,
  job: string,
): Promise<MirrorPlan | undefined> => state.readRenewable(planFile(job), Plan);

export const writePlan = (state: Pick<State, 'write'>, job: string, plan: MirrorPlan): Promise<void> =>
  state.write(planFile(job), plan);

const Released = z.object({
  filter: z.array(z.string()),
  /** Where it was released to (`identityOf`). */
  remote: z.string().exactOptional(),
  runId: z.string(),
  at: z.iso.datetime(),
});

/**
 * Filter of the last plan of the job that was released as a whole to this remote; undefined before the first. Fails with
 * `StateCorrupt`.
 */
export async function releasedFilter(
  state: Pick<State, 'read'>,
  job: string,
  remote: string,
): Promise<string[] | undefined> {
  const released = await state.read(releasedFile(job), Released);
  return released?.remote === remote ? released.filter : undefined;
}

/**
 * Notes that a plan may be carried out as a whole: its filter is what the next one is compared with. What says so already stays as
 * it is. Safe to repeat.
 */
export async function noteReleased(
  state: Pick<State, 'read' | 'write'>,
  job: string,
  { filter, runId, remote }: Pick<MirrorPlan, 'filter' | 'runId'> & { remote: string },
): Promise<void> {
  const { record: before } = await damageOr(releasedFilter(state, job, remote));
  if (before !== undefined && isDeepStrictEqual(before, filter)) return;
  await state.write(releasedFile(job), { filter, remote, runId, at: new Date().toISOString() });
}

const { O_RDONLY, O_NONBLOCK } = fs.constants;

/** Names are collected into writes of about this size (characters, of one byte each). */
const CHUNK = 256 * 1024;

/** A list that is being written: names as latin1 text, which is their bytes. */
export class NameList {
  readonly #fd: number;
  #text = '';
  #isEmpty = true;

  constructor(file: string) {
    this.#fd = fs.openSync(file, 'w', 0o600);
  }

  add(line: string): void {
    this.#text += `${line}\n`;
    this.#isEmpty = false;
    if (this.#text.length >= CHUNK) this.#flush();
  }

  /** Makes it durable; of a list without a name nothing can be lost but the file, which is durable with the record beside it (`writePlan`). */
  close(): void {
    try {
      this.#flush();
      if (!this.#isEmpty) fs.fsyncSync(this.#fd);
    } finally {
      fs.closeSync(this.#fd);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text, 'latin1');
    this.#text = '';
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at);
  }
}

/**
 * The lines of a file as latin1 text, some at a time, in bounded memory. Fails for one that ends in the middle of a line.
 * Holds nothing open between two times: who stops reading early keeps no deleted listing on the disk.
 */
export async function* linesOf(file: string): AsyncGenerator<string[], undefined> {
  let rest = '';
  for (let at = 0; ;) {
    const chunk = await chunkOf(file, at);
    if (chunk.length === 0) break;
    at += chunk.length;
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines;
  }
  if (rest !== '') throw new Error(`${file} ends in the middle of a line`);
  return undefined;
}

async function chunkOf(file: string, at: number): Promise<Buffer> {
  const handle = await fs.promises.open(file, O_RDONLY | O_NONBLOCK); // whatever is in its place, it is not waited for
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
