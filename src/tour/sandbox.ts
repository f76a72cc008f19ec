import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estateText } from './estate-text.js';
import { freePort } from './free-port.js';
import { shown, tell } from './telling.js';

/** Where the sandbox's cloud listens, unless that is taken when the sandbox is made. */
const CLOUD_PORT = 8280;

/** Id and key of a B2 account, or of a part of one. */
export interface B2Key {
  id: string;
  key: string;
}

/** What the tour makes under `.fts/`, and finds again at its next start. */
export interface Sandbox {
  folder: string;
  estateFile: string;
  /** `$FTS_STATE_DIR` of everything in the tour. */
  stateDirectory: string;
  flux: string;
  space: string;
  /** Folder of the repository on the volume `space`. */
  snapshots: string;
  password: string;
  cloud: { directory: string; port: number; backups: B2Key; mirror: B2Key };
}

/** Makes the sandbox's estate and secrets where there are none. What is there stays as it is. */
export async function openSandbox(checkout: string): Promise<Sandbox> {
  const folder = join(checkout, '.fts', 'sandbox');
  const estateFile = join(folder, 'estate.yaml');
  const secretsFile = join(folder, 'secrets.yaml');
  await putAsideIfOlder(folder, estateFile);
  await mkdir(folder, { recursive: true });
  if (!(await exists(estateFile))) await writeFile(estateFile, estateText(await freePort(CLOUD_PORT)));
  if (!(await exists(secretsFile))) await writeFile(secretsFile, secretsText(), { mode: 0o600 });

  const secrets = await readFile(secretsFile, 'utf8');
  const secret = (name: string): string =>
    found(new RegExp(`^${name}: (\\S+)$`, 'm').exec(secrets), secretsFile, name, folder);
  const estate = await readFile(estateFile, 'utf8');
  const endpoint = /endpoint: "http:\/\/127\.0\.0\.1:(\d+)"/.exec(estate);
  return {
    folder,
    estateFile,
    stateDirectory: join(folder, 'state'),
    flux: join(folder, 'flux'),
    space: join(folder, 'space'),
    snapshots: join(folder, 'space', 'snapshots', 'flux-local'),
    password: secret('restic-password'),
    cloud: {
      directory: join(folder, 'cloud'),
      port: Number(found(endpoint, estateFile, 'the endpoint of its cloud', folder)),
      backups: { id: secret('b2-restic-id'), key: secret('b2-restic-key') },
      mirror: { id: secret('b2-mirror-id'), key: secret('b2-mirror-key') },
    },
  };
}

const secretsText = (): string =>
  [
    `restic-password: ${randomBytes(24).toString('hex')}`,
    `b2-restic-id: ${randomBytes(12).toString('hex')}`,
    `b2-restic-key: ${randomBytes(20).toString('hex')}`,
    `b2-mirror-id: ${randomBytes(12).toString('hex')}`,
    `b2-mirror-key: ${randomBytes(20).toString('hex')}`,
    '',
  ].join('\n');

function found(match: RegExpExecArray | null, file: string, what: string, folder: string): string {
  if (match?.[1] === undefined)
    throw new Error(`${shown(file)} no longer holds ${what}; remove ${shown(folder)} to begin anew`);
  return match[1];
}

/** A sandbox of an earlier release lacks what the tour shows by now. It is kept whole, under another name. */
async function putAsideIfOlder(folder: string, estateFile: string): Promise<void> {
  if (!(await exists(estateFile)) || /^ {2}flux-drill:/m.test(await readFile(estateFile, 'utf8'))) return;
  const aside = `${folder}-before-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  await rename(folder, aside);
  tell(`The sandbox of an earlier release is kept as ${shown(aside)}; a new one is made.`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
