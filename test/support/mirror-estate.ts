import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { type B2StandIn, startB2StandIn } from '../../src/b2-stand-in/server.js';
import type { CallCounts } from '../../src/b2-stand-in/operations.js';
import type { FileVersion } from '../../src/b2-stand-in/records.js';
import type { MirrorResult } from '../../src/domain/mirror.js';
import type { RunError } from '../../src/domain/job.js';
import { BUCKET, KEYS, MASTER, MIRROR, rclone } from '../b2-stand-in/stand-in.js';
import { type Fts, answer } from '../cli/fts.js';
import { processesWith } from './processes.js';
import { type RunningEstate, startEstate } from './running-estate.js';
import { until } from './until.js';

/** What `fts run --json` says of a mirror. */
export interface MirrorRun {
  outcome: string;
  result: MirrorResult | null;
  error?: RunError;
  exitCode: number | null;
}

/** A running estate with a B2 of its own. */
export async function startMirrorEstate() {
  const estate: RunningEstate = await startEstate();
  const place = await mkdtemp(join(tmpdir(), 'fts-b2-'));
  const standIn: B2StandIn = await startB2StandIn({ directory: place, keys: KEYS, buckets: [BUCKET] });
  const secrets = parse(await readFile(join(estate.folder, 'secrets.yaml'), 'utf8')) as object;
  const keys = {
    ...{ 'b2-id': MIRROR.id, 'b2-key': MIRROR.key, 'b2-wrong': 'not the key' },
    ...{ 'deleting-id': MASTER.id, 'deleting-key': MASTER.key }, // restic deletes its locks
  };
  await writeFile(join(estate.folder, 'secrets.yaml'), stringify({ ...secrets, ...keys }), { mode: 0o600 });
  return {
    ...estate,
    standIn,
    /** Where the stand-in keeps what files hold, each under its SHA-1. */
    contents: join(place, 'content'),
    /** Changes what the estate declares. */
    declare: (change: (declared: Declared) => void): Promise<void> => declare(estate, change),
    /** Declares and provisions a volume and its mirror, under one name. */
    mirror: (name: string, more: Record<string, unknown> = {}): Promise<TestMirror> =>
      makeMirror(estate, standIn, name, more),
    remove: async (): Promise<void> => {
      await estate.remove();
      await standIn.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}
export type MirrorEstate = Awaited<ReturnType<typeof startMirrorEstate>>;

interface Declared {
  volumes: Record<string, object>;
  repositories: Record<string, object>;
  remotes?: Record<string, object>;
  jobs: Record<string, Record<string, unknown>>;
}

async function declare({ folder }: RunningEstate, change: (declared: Declared) => void): Promise<void> {
  const file = join(folder, 'estate.yaml');
  const declared = parse(await readFile(file, 'utf8')) as Declared;
  change(declared);
  await writeFile(file, stringify(declared));
}

/** A volume and its mirror. */
export interface TestMirror {
  /** Root of the volume. */
  root: string;
  /** `b2:bucket/folder`, for plain rclone. */
  remote: string;
  /** Makes files: name and content. */
  write(files: Record<string, string>): Promise<void>;
  /** Makes so many files of 10 bytes in `many/`. */
  fill(count: number, content?: string): Promise<void>;
  run(...args: string[]): Promise<MirrorRun>;
  approve(...args: string[]): Promise<MirrorRun>;
  follow(...args: string[]): Fts;
  /** Names in the remote as plain rclone lists them, without our own. */
  names(): Promise<string[]>;
  /** Content of a file in the remote, by plain rclone. */
  content(name: string): Promise<string>;
  /** Plain rclone, standing anywhere. */
  rclone(...args: string[]): ReturnType<typeof execa>;
  /** All versions below the remote's folder, newest first for each name. */
  versions(): FileVersion[];
  calls(): CallCounts;
}

async function makeMirror(
  estate: RunningEstate,
  standIn: B2StandIn,
  name: string,
  more: Record<string, unknown>,
): Promise<TestMirror> {
  await declare(estate, (declared) => {
    declared.volumes[name] = { host: 'here', mountpoint: `./${name}`, filesystem: 'directory' };
    declared.remotes = {
      ...declared.remotes,
      [name]: {
        type: 'b2',
        path: `${BUCKET}/${name}`,
        options: { endpoint: standIn.endpoint },
        secrets: { account: 'b2-id', key: 'b2-key' },
      },
    };
    declared.jobs[name] = { kind: 'mirror', volume: name, remote: name, ...more };
  });
  const { exitCode, stderr } = await estate.fts('provision', name);
  if (exitCode !== 0) throw new Error(stderr);
  const root = join(estate.folder, name);
  const remote = `b2:${BUCKET}/${name}`;
  const plain = (...args: string[]) => rclone(standIn, args);
  const asked = async (...args: string[]): Promise<MirrorRun> => {
    const exit = await estate.fts(...args, '--json');
    return { ...(answer(exit) as unknown as Omit<MirrorRun, 'exitCode'>), exitCode: exit.exitCode };
  };
  const write = async (files: Record<string, string>): Promise<void> => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), content);
    }
  };
  return {
    root,
    remote,
    write,
    fill: (count, content = '0123456789') =>
      write(Object.fromEntries(Array.from({ length: count }, (_, i) => [`many/${String(i)}`, content]))),
    run: (...args) => asked('run', name, ...args),
    approve: (...args) => asked('approve', name, ...args),
    follow: (...args) => estate.follow('run', name, '--json', ...args),
    names: async () => {
      const { stdout } = await plain('lsf', '-R', '--files-only', '--filter', '- /.fts/**', remote);
      return lines(stdout);
    },
    content: async (file) => String((await plain('cat', `${remote}/${file}`)).stdout),
    rclone: plain as TestMirror['rclone'],
    versions: () => standIn.versions(BUCKET).filter(({ fileName }) => fileName.startsWith(`${name}/`)),
    calls: () => standIn.calls(),
  };
}

const lines = (text: unknown): string[] =>
  String(text)
    .split('\n')
    .filter((line) => line !== '')
    .sort();

/** The difference that some work made to the stand-in's counts. */
export async function callsOf(mirror: TestMirror, work: () => Promise<unknown>): Promise<CallCounts> {
  const before = mirror.calls();
  await work();
  const after = mirror.calls();
  const byOperation = Object.fromEntries(
    Object.entries(after.byOperation).map(([operation, count]) => [
      operation,
      count - (before.byOperation[operation as keyof typeof before.byOperation] ?? 0),
    ]),
  );
  return { A: after.A - before.A, B: after.B - before.B, C: after.C - before.C, byOperation };
}

/** Bytes that take some seconds to go up at `SLOW`: time in which things can go wrong. */
const SLOW_BYTES = 1024 ** 2;
export const SLOW = { bandwidth: '160K' };
export const slowContent = (): string => randomBytes(SLOW_BYTES / 2).toString('hex');

/** The process id of the rclone of that estate that runs a command, once it does. */
export const rcloneRunning = (folder: string, command: string): Promise<number> =>
  until(async () => {
    const [found] = (await processesWith(folder, `\0${command}\0`)).filter(({ command: line }) =>
      /^\S*rclone /.test(line),
    );
    return found?.pid;
  });

/** Gives a file another time, an hour ago, and leaves its content. */
export async function touch(file: string): Promise<void> {
  const time = Date.now() / 1000 - 3600;
  await utimes(file, time, time);
}
