import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { damageOr } from '../domain/damage.js';
import type { FtsError } from '../domain/failures.js';
import { crashPoint } from './crash-point.js';
import { damagedRecord, unwritableRecord } from './damaged-record.js';

/** Folder of all estates' state on this machine: `$FTS_STATE_DIR`, `/var/lib/fts` for root, else the XDG state folder. */
export function stateRoot(environment: NodeJS.ProcessEnv): string {
  if (environment.FTS_STATE_DIR) return environment.FTS_STATE_DIR;
  if (process.getuid?.() === 0) return '/var/lib/fts';
  return join(environment.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'fts');
}

/**
 * One host's records about one estate: small JSON files, each replaced as a whole. A reader sees the old record or the
 * new one, also after a power cut; never half of one. Each says in `record` whose it is, so that a copy of another is
 * told from it. Keys of later releases are ignored.
 */
export class State {
  readonly #directory: string;

  constructor(
    root: string,
    private readonly estate: string,
    /** Told of a damaged record that counts as none (`readRenewable`). */
    private readonly onDamaged: (damage: FtsError) => void = () => undefined,
  ) {
    this.#directory = join(root, estate);
  }

  /** Absolute path of a record, report or log. */
  path(...parts: string[]): string {
    return join(this.#directory, ...parts);
  }

  /** The record, or undefined where there is none. Fails with `StateCorrupt` if it is not what was written. */
  async read<T>(relative: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const damage = (found: string): FtsError => damagedRecord(this.path(relative), relative, found);
    let text: string;
    try {
      text = await readRegular(this.path(relative));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw damage(isErrno(error, 'ELOOP') ? 'it is a link' : messageOf(error));
    }
    const value = objectOf(text);
    if (value === undefined) throw damage(text === '' ? 'it is empty' : 'it is not JSON, or not an object');
    const { [WHOSE]: whose = this.#name(relative), ...content } = value;
    if (whose !== this.#name(relative)) throw damage(`it is the record ${JSON.stringify(whose)}`);
    const parsed = schema.safeParse(content, { jitless: true }); // a record is read too seldom to compile a parser for it
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw damage(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'unexpected content'}`.trim());
  }

  /**
   * As `read`, for a record that the work at hand makes anew and that allows nothing by being absent: a damaged one
   * counts as none, and is told of.
   */
  async readRenewable<T>(relative: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const { record, damage } = await damageOr(this.read(relative, schema));
    if (damage) this.onDamaged(damage);
    return record;
  }

  /**
   * Replaces the record durably. Safe to repeat; of two writers at once, one wins. The one before stays when it fails:
   * with `DestinationFull`, `PermissionDenied`, or `StateCorrupt` where something else is in its place.
   */
  async write(relative: string, value: object): Promise<void> {
    const file = this.path(relative);
    const text = JSON.stringify({ ...value, [WHOSE]: this.#name(relative) });
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await replaceFile(file, relative, `${text}\n`);
    } catch (error) {
      throw unwritableRecord(file, relative, error);
    }
  }

  /** Makes a folder, in place of what is there, with nothing in it but the files that are to be kept. Safe to repeat; fails as `write` does. */
  async emptyFolder(relative: string, keep: ReadonlySet<string> = NOTHING): Promise<void> {
    const folder = this.path(relative);
    try {
      for (const path of await whatGoes(folder, keep)) await rm(path, { recursive: true, force: true });
      crashPoint('mirror-plan-removed');
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw unwritableRecord(folder, relative, error);
    }
  }

  /** Removes the record if it is there. Safe to repeat. */
  async remove(relative: string): Promise<void> {
    const file = this.path(relative);
    try {
      await rm(file, { force: true });
      crashPoint('state-removed', relative);
    } catch (error) {
      throw unwritableRecord(file, relative, error);
    }
  }

  #name(relative: string): string {
    return `${this.estate}/${relative}`;
  }
}

/** Key of a record that says whose it is: `<estate>/<path>`. Absent in what was not written here. */
const WHOSE = 'record';

const NOTHING: ReadonlySet<string> = new Set();

/** What is in a folder but for regular files of those names; the folder itself where that is simpler, or it is none. */
async function whatGoes(folder: string, keep: ReadonlySet<string>): Promise<string[]> {
  const isFolder = async (): Promise<boolean> =>
    (await lstat(folder).catch(() => undefined))?.isDirectory() === true;
  if (keep.size === 0 || !(await isFolder())) return [folder];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !(entry.isFile() && keep.has(entry.name)))
    .map(({ name }) => join(folder, name));
}

/** Reads a file, and waits for nobody: what is no regular file is refused, and so is a link. */
async function readRegular(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Error('it is no regular file');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Name of a record that is being written; of a killed writer it stays until it expires (`removeExpired`). */
export const DRAFT_NAME = /\.json\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

async function replaceFile(file: string, relative: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await writeDurably(draft, text);
    crashPoint('state-drafted', relative);
    await rename(draft, file);
    crashPoint('state-replaced', relative);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether a caught value is Node's error of that code. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** The code of a caught error of Node's, such as `ENOENT`; undefined for any other. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;
