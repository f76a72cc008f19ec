import * as fs from 'node:fs';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { crashPoint } from '../crash-point.js';
import type { EntryStats } from './folder.js';

/**
 * A plan is a walk, one step a line: into a folder, past the files to delete in it, out again. Names are base64 of
 * their bytes, one component each; times are nanoseconds. Writer and reader need memory for one step only.
 */
const Identity = { ino: z.string(), mtimeNs: z.string(), ctimeNs: z.string() };
const Step = z.union([
  z.object({ file: z.base64(), size: z.string(), links: z.string(), regular: z.boolean(), ...Identity }),
  z.object({ enter: z.base64(), ...Identity }),
  z.object({ leave: z.enum(['keep', 'remove']) }),
]);
export type PlanStep = z.infer<typeof Step>;
export type PlannedFile = Extract<PlanStep, { file: string }>;
export type PlannedFolder = Extract<PlanStep, { enter: string }>;

export const identityOf = ({ ino, mtimeNs, ctimeNs }: EntryStats) => ({
  ino: String(ino),
  mtimeNs: String(mtimeNs),
  ctimeNs: String(ctimeNs),
});

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** Steps are collected into writes of about this size (bytes). */
const CHUNK_BYTES = 256 * 1024;

/** A new plan file, readable by its owner only; the one of an earlier attempt is replaced. */
export class PlanWriter {
  readonly #fd: number;
  readonly #hash = createHash('sha256');
  #lines: string[] = [];
  #length = 0;

  constructor(path: string) {
    fs.rmSync(path, { force: true });
    this.#fd = fs.openSync(path, 'wx', 0o600);
    crashPoint('purge-plan-begun');
  }

  write(step: PlanStep): void {
    const line = `${JSON.stringify(step)}\n`;
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= CHUNK_BYTES) this.#flush();
  }

  /** Makes it durable. Returns its SHA-256 (hex): the same files in the same state give the same. */
  close(): string {
    this.#flush();
    fs.fsyncSync(this.#fd);
    fs.closeSync(this.#fd);
    return this.#hash.digest('hex');
  }

  #flush(): void {
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#length = 0;
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at);
  }
}

/** SHA-256 (hex) of a plan file as it is on disk. */
export function hashOfPlan(path: string): string {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** The steps of a plan, one at a time. Throws for a line that is none. */
export function* planSteps(path: string): Generator<PlanStep> {
  let rest = '';
  for (const chunk of chunksOf(path)) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield Step.parse(JSON.parse(line));
  }
  if (rest !== '') throw new Error(`${path} ends in the middle of a line`);
}

function* chunksOf(path: string): Generator<Buffer> {
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); // whatever is in its place, it is not waited for
  const buffer = Buffer.alloc(CHUNK_BYTES);
  try {
    for (;;) {
      const length = fs.readSync(fd, buffer);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    fs.closeSync(fd);
  }
}
