import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import type { FtsExit } from '../cli/fts.js';
import { cleanEnvironment } from '../support/fts.js';
import { canMount } from '../support/loop-device.js';
import { type CleanUp, startCleanUp } from './clean-up.js';
import { type Disk, makeDisk } from './disk.js';
import { markOf } from './processes.js';
import { runFts } from './programs.js';
import { MIRROR_KEY, RESTIC_KEY, type Remote, makeRemote } from './remote.js';
import { type Temporal, makeTemporal } from './temporal.js';
import { type WorkerProcess, makeWorker } from './worker.js';

const MIB = 1024 ** 2;
const DISK_BYTES = { flux: 192 * MIB, space: 384 * MIB, state: 32 * MIB };
export type Place = keyof typeof DISK_BYTES;

export const PASSWORD = 'a password of the fault harness';

/** What a scenario declares beside hosts and volumes, and the folders that its volumes begin with. */
export interface Declared {
  sections: Record<string, unknown>;
  directories: Record<'flux' | 'space', string[]>;
}

/** An estate at work: Temporal server, both workers, a remote, and two volumes and the host's state on disks of their own. */
export interface World {
  folder: string;
  estate: string;
  flux: string;
  space: string;
  /** Where the host's records of this estate are. */
  state: string;
  /** Undefined where no filesystem can be mounted: then the volumes are plain folders. */
  disks: Record<Place, Disk> | undefined;
  temporal: Temporal;
  remote: Remote;
  host: WorkerProcess;
  control: WorkerProcess;
  cleanUp: CleanUp;
  environment: NodeJS.ProcessEnv;
  fts(...args: string[]): Promise<FtsExit>;
  client(): Promise<Client>;
  remove(): Promise<void>;
}

/** `more`: what else is in the environment of its programs. */
export async function makeWorld(
  declare: (remote: Remote) => Declared,
  more: (folder: string) => NodeJS.ProcessEnv = () => ({}),
): Promise<World> {
  const cleanUp = startCleanUp();
  const folder = await mkdtemp(join(tmpdir(), 'fts-faults-'));
  cleanUp.folder(folder);
  const estate = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-');
  cleanUp.folder(join('/run/fts', estate));
  try {
    const [flux, space, state] = [join(folder, 'flux'), join(folder, 'space'), join(folder, 'state')];
    const disks = canMount ? await makeDisks({ flux, space, state }, cleanUp) : undefined;
    const remote = await makeRemote(join(folder, 'remote'), cleanUp);
    const temporal = await makeTemporal(folder, cleanUp);
    await Promise.all([remote.start(), temporal.start()]);
    const { sections, directories } = declare(remote);
    const volume = (name: 'flux' | 'space', mountpoint: string) => ({
      ...{ host: 'here', mountpoint, directories: directories[name] },
      ...(disks ? { filesystem: 'ext4', label: name } : { filesystem: 'directory' }),
    });
    const declared = {
      ...{ estate, timezone: 'Etc/UTC', hosts: { here: { platform: 'linux' } } },
      volumes: { flux: volume('flux', flux), space: volume('space', space) },
      secrets: { provider: 'file', path: 'secrets.yaml' },
      ...sections,
    };
    const file = join(folder, 'estate.yaml');
    await writeFile(file, stringify(declared));
    const secrets = {
      password: PASSWORD,
      ...{ 'restic-id': RESTIC_KEY.id, 'restic-key': RESTIC_KEY.key },
      ...{ 'mirror-id': MIRROR_KEY.id, 'mirror-key': MIRROR_KEY.key },
    };
    await writeFile(join(folder, 'secrets.yaml'), stringify(secrets), { mode: 0o600 });
    const environment = cleanEnvironment({
      ...{ FTS_ESTATE: file, FTS_STATE_DIR: state, TEMPORAL_ADDRESS: temporal.address },
      ...{ ...markOf(folder), RCLONE_CONFIG: '/dev/null', ...more(folder) },
    });
    await mkdir(join(folder, 'logs'));
    const host = makeWorker('host', join(folder, 'logs', 'host.log'), environment);
    const control = makeWorker('control', join(folder, 'logs', 'control.log'), environment);
    await Promise.all([host.start(), control.start()]);
    const run = async (...args: string[]): Promise<FtsExit> => {
      const exit = await runFts(args, environment);
      await appendFile(
        join(folder, 'logs', 'fts.log'),
        `$ fts ${args.join(' ')}\n${exit.stdout}${exit.stderr}`,
      );
      return exit;
    };
    for (const name of ['flux', 'space']) {
      const { exitCode, stderr } = await run('provision', name);
      if (exitCode !== 0) throw new Error(`provision ${name}: ${stderr}`);
    }
    let connection: Connection | undefined;
    return {
      ...{ folder, estate, flux, space, state: join(state, estate), disks },
      ...{ temporal, remote, host, control, cleanUp, environment, fts: run },
      client: async () =>
        new Client({ connection: (connection ??= await Connection.connect({ address: temporal.address })) }),
      remove: async () => {
        await connection?.close();
        await cleanUp.now();
        await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      },
    };
  } catch (error) {
    await cleanUp.now();
    throw error;
  }
}

async function makeDisks(mountpoints: Record<Place, string>, cleanUp: CleanUp): Promise<Record<Place, Disk>> {
  return {
    flux: await makeDisk(mountpoints.flux, DISK_BYTES.flux, cleanUp),
    space: await makeDisk(mountpoints.space, DISK_BYTES.space, cleanUp),
    state: await makeDisk(mountpoints.state, DISK_BYTES.state, cleanUp),
  };
}
