import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { type FtsExit, answer, fts } from '../cli/fts.js';

export const SECRETS = {
  'restic-password': 'canary\'s "quoted" password',
  'box-key': 'canary-5d1e-box-key',
};
export const PASSPHRASE = 'canary correct horse battery';

/** An estate of this machine with a repository on a volume, one behind a remote, and secrets; no worker, no server. */
export async function kitBed() {
  const folder = await mkdtemp(join(tmpdir(), 'fts-kit-'));
  for (const name of ['flux', 'space', 'box', 'state', 'cache']) await mkdir(join(folder, name));
  const env = {
    FTS_ESTATE: join(folder, 'estate.yaml'),
    FTS_STATE_DIR: join(folder, 'state'),
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const estate = (repositories: object = {}) => ({
    estate: 'kept',
    timezone: 'Etc/UTC',
    hosts: { here: { platform: 'linux', hostname: hostname() }, far: { platform: 'macos' } },
    volumes: {
      flux: { host: 'here', mountpoint: './flux', filesystem: 'directory' },
      space: { host: 'here', mountpoint: './space', filesystem: 'directory' },
    },
    repositories: {
      local: { host: 'here', volume: 'space', path: 'local', password: 'restic-password' },
      away: { host: 'here', remote: 'box', path: 'away', password: 'restic-password' },
      ...repositories,
    },
    remotes: { box: { type: 'local', path: join(folder, 'box'), secrets: { description: 'box-key' } } },
    jobs: {
      save: { kind: 'snapshot', volume: 'flux', repository: 'local', keep: { last: 3 } },
      carry: { kind: 'backup', volume: 'flux', repository: 'away', keep: { last: 3 } },
    },
    secrets: { provider: 'file', path: 'secrets.yaml' },
  });
  const declare = (repositories?: object) => writeFile(env.FTS_ESTATE, stringify(estate(repositories)));
  const keep = (secrets: object) =>
    writeFile(join(folder, 'secrets.yaml'), stringify(secrets), { mode: 0o600 });
  await declare();
  await keep(SECRETS);
  const passphrase = join(folder, 'passphrase');
  await writeFile(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
  const file = join(folder, 'kept.age');
  const run = (...args: string[]): Promise<FtsExit> => fts(args, { env, cwd: folder });
  return {
    ...{ folder, env, file, passphrase, run, declare, keep },
    kit: (...args: string[]) => run('kit', file, '--passphrase-file', passphrase, ...args),
    kitJson: async (...args: string[]) =>
      answer(await run('kit', file, '--passphrase-file', passphrase, '--json', ...args)),
    /** What `fts status` says of the kit. */
    status: async () =>
      answer(await run('status', '--json')).kit as { state: string; changed: string | null },
    /** Opens the kit as somebody does who has not our program, into a folder. */
    open: async (): Promise<string> => {
      const opened = join(folder, 'opened');
      await rm(opened, { recursive: true, force: true });
      await mkdir(opened);
      const { stdout } = await execa('node', [AGE, '--decrypt', file], {
        env: { AGE_PASSPHRASE: PASSPHRASE },
        encoding: 'buffer',
      });
      await execa('tar', ['-xf', '-', '-C', opened], { input: stdout });
      return opened;
    },
    record: () => readFile(join(folder, 'state', 'kept', 'kit.json'), 'utf8'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** age's decryption without any library of ours. */
const AGE = join(import.meta.dirname, 'age-decrypt.mjs');
