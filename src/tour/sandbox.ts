import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The estate of the tour: three folders stand for the hot volume, the archive, and a place off-site. */
const ESTATE = 'sandbox';

/** What the tour makes under `.fts/`, and finds again at its next start. */
export interface Sandbox {
  folder: string;
  estateFile: string;
  /** `$FTS_STATE_DIR` of everything in the tour. */
  stateDirectory: string;
  flux: string;
  /** Folders of the restic repositories. */
  repositories: { snapshots: string; offSite: string };
  password: string;
}

/** Makes the sandbox's estate and secret where there are none. What is there stays as it is. */
export async function openSandbox(checkout: string): Promise<Sandbox> {
  const folder = join(checkout, '.fts', 'sandbox');
  const estateFile = join(folder, 'estate.yaml');
  const secretsFile = join(folder, 'secrets.yaml');
  await mkdir(folder, { recursive: true });
  if (!(await exists(estateFile))) await writeFile(estateFile, estateText());
  if (!(await exists(secretsFile))) {
    await writeFile(secretsFile, `restic-password: ${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  }
  const password = /^restic-password: (\S+)$/m.exec(await readFile(secretsFile, 'utf8'))?.[1];
  if (password === undefined)
    throw new Error(`${secretsFile} no longer holds restic-password; remove ${folder} to begin anew`);
  return {
    folder,
    estateFile,
    stateDirectory: join(folder, 'state'),
    flux: join(folder, 'flux'),
    repositories: {
      snapshots: join(folder, 'space', 'snapshots', 'flux-local'),
      offSite: join(folder, 'off-site', 'flux-away'),
    },
    password,
  };
}

const estateText =
  (): string => `# A sandbox: three folders of this checkout stand for two drives and a place off-site.
estate: ${ESTATE}
timezone: ${Intl.DateTimeFormat().resolvedOptions().timeZone}

hosts:
  here: { platform: ${process.platform === 'darwin' ? 'macos' : 'linux'}, hostname: ${JSON.stringify(hostname())} }

volumes:
  flux: { host: here, mountpoint: ./flux, filesystem: directory, directories: [active, scratch] }
  space: { host: here, mountpoint: ./space, filesystem: directory, directories: [snapshots] }
  off-site: { host: here, mountpoint: ./off-site, filesystem: directory }

repositories:
  flux-local: { host: here, volume: space, path: snapshots/flux-local, password: restic-password }
  flux-away: { host: here, volume: off-site, path: flux-away, password: restic-password }

jobs:
  flux-snapshot:
    { kind: snapshot, volume: flux, repository: flux-local, cron: "0 * * * *", keep: { hourly: 24, daily: 7 }, exclude: [scratch] }
  flux-backup:
    { kind: backup, volume: flux, repository: flux-away, cron: "0 5 * * *", keep: { daily: 7, weekly: 4, monthly: 12 }, exclude: [scratch] }

secrets: { provider: file, path: secrets.yaml }
`;

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
