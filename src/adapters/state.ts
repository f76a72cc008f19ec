import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import { crashPoint } from './crash-point.js';

/** Folder of all estates' state on this machine: `$FTS_STATE_DIR`, `/var/lib/fts` for root, else the XDG state folder. */
export function stateRoot(environment: NodeJS.ProcessEnv): string {
  if (environment.FTS_STATE_DIR) return environment.FTS_STATE_DIR;
  if (process.getuid?.() === 0) return '/var/lib/fts';
  return join(environment.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'fts');
}

/**
 * One host's records about one estate: small JSON files, each replaced as a whole.
 * A reader sees the old record or the new one, also after a power cut; never half of one.
 */
export class State {
  readonly #directory: string;

  constructor(root: string, estate: string) {
    this.#directory = join(root, estate);
  }

  /** Absolute path of a record, report or log. */
  path(...parts: string[]): string {
    return join(this.#directory, ...parts);
  }

  /** The record, or undefined where there is none. Fails with `StateCorrupt` if it is not what was written. */
  async read<T>(relative: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const file = this.path(relative);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw corrupt(file, error instanceof Error ? error.message : String(error));
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw corrupt(file, 'it is not JSON');
    }
    const parsed = schema.safeParse(value, { jitless: true }); // a record is read too seldom to compile a parser for it
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw corrupt(file, `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'unexpected content'}`.trim());
    }
    return parsed.data;
  }

  /** Replaces the record durably. Safe to repeat; of two writers at once, one wins. */
  async write(relative: string, value: unknown): Promise<void> {
    const file = this.path(relative);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${randomUUID()}.tmp`;
    try {
      await writeDurably(draft, `${JSON.stringify(value)}\n`);
      crashPoint('state-drafted', relative);
      await rename(draft, file);
      crashPoint('state-replaced', relative);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(dirname(file));
  }

  /** Removes the record if it is there. Safe to repeat. */
  async remove(relative: string): Promise<void> {
    await rm(this.path(relative), { force: true });
    crashPoint('state-removed', relative);
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function corrupt(file: string, found: string): FtsError {
  return new FtsError(
    'StateCorrupt',
    `the record ${file} cannot be used: ${found}`,
    'look at the file; if nothing in it is worth keeping, move it away and run again',
  );
}

/** Whether a caught value is Node's error of that code. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
