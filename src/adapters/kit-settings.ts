import type { LoadedEstate } from '../estate/load.js';
import { repositoryPath, repositoryRemotePath } from '../estate/lookup.js';
import type { Repository } from '../estate/schema.js';
import { remoteEnvironment, remoteLocation } from './rclone-remote.js';

/** What stands for the value of a secret that was not found: no value can hold it. */
const ABSENT = '\0';

/** Values of secrets by name. */
export type Secrets = ReadonlyMap<string, string>;

const valueOf = (secrets: Secrets, name: string): string => secrets.get(name) ?? `${ABSENT}${name}`;

/** A file to be read by a shell, after which plain restic opens the repository. */
export async function repositorySettings(
  loaded: LoadedEstate,
  name: string,
  secrets: Secrets,
): Promise<string> {
  const declared = loaded.estate.repositories[name];
  if (!declared) throw new RangeError(`the estate declares no repository ${name}`);
  const variables: Record<string, string> = {
    RESTIC_REPOSITORY: placeOf(loaded, name, declared),
    RESTIC_PASSWORD: valueOf(secrets, declared.password),
  };
  for (const [variable, value] of Object.entries(declared.environment))
    variables[variable] = typeof value === 'string' ? valueOf(secrets, value) : value.value;
  if (declared.remote !== undefined)
    Object.assign(variables, await settingsOfRemote(loaded, declared.remote, secrets));
  const about = [`The restic repository ${name} of the estate ${loaded.estate.estate}.`];
  if (declared.volume !== undefined)
    about.push(
      `It lies in the folder ${declared.path ?? '.'} of the volume ${declared.volume} of ${declared.host}: write where that is mounted.`,
    );
  return shellFile(about, variables);
}

function placeOf(loaded: LoadedEstate, name: string, { url, remote }: Repository): string {
  if (remote === undefined) return url ?? repositoryPath(loaded, name) ?? '';
  return `rclone:${remoteLocation(loaded, remote, repositoryRemotePath(loaded.estate, name) ?? '')}`;
}

/** A file to be read by a shell, after which plain rclone reaches the remote as `"$FTS_REMOTE"`. */
export async function remoteSettings(loaded: LoadedEstate, name: string, secrets: Secrets): Promise<string> {
  const place = remoteLocation(loaded, name, loaded.estate.remotes[name]?.path ?? '');
  const variables = { FTS_REMOTE: place, ...(await settingsOfRemote(loaded, name, secrets)) };
  return shellFile([`The rclone remote ${name} of the estate ${loaded.estate.estate}.`], variables);
}

const settingsOfRemote = (loaded: LoadedEstate, name: string, secrets: Secrets) =>
  remoteEnvironment(loaded, name, { resolve: (secret) => Promise.resolve(valueOf(secrets, secret)) });

function shellFile(about: readonly string[], variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([variable, value]) =>
    value.startsWith(ABSENT)
      ? `# export ${variable}=…   MISSING: the value of the secret ${value.slice(ABSENT.length)}`
      : `export ${variable}='${value.replaceAll("'", String.raw`'\''`)}'`,
  );
  return `${[...about.map((line) => `# ${line}`), ...lines].join('\n')}\n`;
}
