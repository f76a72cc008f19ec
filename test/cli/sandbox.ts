import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { State } from '../../src/adapters/state.js';

/** An estate in a folder of its own, on a host that no machine is. */
export interface Sandbox {
  folder: string;
  state: State;
  /** Environment in which `fts` finds the estate, and no other state or server. */
  env: NodeJS.ProcessEnv;
  remove: () => Promise<void>;
}

const JOBS = ['good', 'held', 'partial', 'shaky', 'slow', 'stuck', 'broken', 'skipping'];

const ESTATE = `estate: box
timezone: Europe/Paris
hosts: { elsewhere: { platform: linux } }
volumes:
  flux: { host: elsewhere, mountpoint: flux, filesystem: directory }
  space: { host: elsewhere, mountpoint: space, filesystem: directory }
repositories:
  local: { host: elsewhere, volume: space, path: local, password: pw }
jobs:
${JOBS.map((job) => `  ${job}: { kind: snapshot, volume: flux, repository: local, keep: { last: 3 } }`).join('\n')}
  hourly: { kind: snapshot, volume: flux, repository: local, keep: { last: 3 }, cron: "0 * * * *", slo: 2h }
  tidy: { kind: check, repository: local, cron: "30 3 * * *" }
secrets: { provider: file, path: secrets.yaml }
`;

/** Makes the sandbox; `address` is the server's, by default one where nobody listens. */
export async function makeSandbox(address = '127.0.0.1:9'): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'fts-cli-'));
  for (const name of ['flux', 'space', 'state']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'estate.yaml'), ESTATE);
  await writeFile(join(folder, 'secrets.yaml'), 'pw: canary-secret\n', { mode: 0o600 });
  const env = {
    FTS_ESTATE: join(folder, 'estate.yaml'),
    FTS_STATE_DIR: join(folder, 'state'),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
  };
  const remove = () => rm(folder, { recursive: true, force: true });
  return { folder, state: new State(join(folder, 'state'), 'box'), env, remove };
}
