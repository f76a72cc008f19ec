import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { FtsError } from '../domain/failures.js';
import type { LoadedEstate } from '../estate/load.js';
import { registerSecret } from './redaction.js';

/** Looks secrets up on the host that uses them, at each use. */
export interface SecretResolver {
  /**
   * The value, without line ends after it: `password: |` has one, and nobody means it. Fails with `SecretMissing`
   * (naming the secret and who wants it) or `SecretsFileLoose`.
   */
  resolve(name: string, neededBy: string): Promise<string>;
}

/** The resolver for the estate's provider. Every value it hands out is known to `redact` from then on. */
export function createSecretResolver(loaded: LoadedEstate, environment: NodeJS.ProcessEnv): SecretResolver {
  const lookUp = provider(loaded, environment);
  return {
    async resolve(name, neededBy) {
      const { value: found, where, remedy } = await lookUp(name);
      const value = found?.replace(/[\r\n]+$/, '');
      if (!value) {
        const how = value === undefined ? 'is not in' : 'is empty in';
        throw new FtsError(
          'SecretMissing',
          `secret ${name}, needed by ${neededBy}, ${how} ${where}`,
          value === '' ? QUOTING : remedy,
        );
      }
      // Node would refuse to start a tool with it, and quote it in the refusal.
      if (value.includes('\0'))
        throw new FtsError(
          'SecretMissing',
          `secret ${name} in ${where} holds a NUL, which no tool can be given`,
          'write it down anew, as text of one line',
        );
      registerSecret(value);
      return value;
    },
  };
}

const QUOTING = 'a value that begins with a special character such as ! or & must stand in quotes';

type LookUp = (name: string) => Promise<{ value: string | undefined; where: string; remedy?: string }>;

function provider({ estate, directory }: LoadedEstate, environment: NodeJS.ProcessEnv): LookUp {
  const { secrets } = estate;
  switch (secrets?.provider) {
    case undefined:
      return () => Promise.resolve({ value: undefined, where: 'any place: the estate has no `secrets`' });
    case 'environment':
      return (name) => {
        const variable = variableOf(name);
        const remedy = `start the worker with ${variable} in its environment`;
        return Promise.resolve({
          value: environment[variable],
          where: `the environment as ${variable}`,
          remedy,
        });
      };
    case 'file': {
      const file = resolve(directory, secrets.path);
      return async (name) => ({
        value: (await readSecretsFile(file))(name),
        where: file,
        remedy: `add the line \`${file.endsWith('.env') ? `${variableOf(name)}=` : `${name}: `}…\` to it`,
      });
    }
    case 'azure-key-vault':
      return (name) => {
        throw new FtsError(
          'SecretMissing',
          `secret ${name} is in Azure Key Vault, which this release cannot read yet`,
          'use `secrets: { provider: file, path: … }` or `provider: environment` until then',
        );
      };
  }
}

/** Name of the environment variable for a secret. */
const variableOf = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** What to do about a secrets file that cannot be understood. */
const LINES = 'each of its lines is `name: value`; a value with special characters stands in quotes';

const SecretsMap = z.record(z.string(), z.string());

/**
 * A YAML map of names to values, or `NAME=value` lines where the file's name ends in `.env` (names as in the estate, or
 * as the `environment` provider has them). It must belong to this user and be closed to everybody else.
 */
async function readSecretsFile(file: string): Promise<(name: string) => string | undefined> {
  let text: string;
  try {
    await requirePrivate(file);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new FtsError(
      'SecretMissing',
      `the secrets file ${file} cannot be read (${String(error.code)})`,
      `look at \`ls -l ${file}\`; a file of lines \`name: value\` with mode 0600 is wanted there, the worker's user its owner`,
    );
  }
  if (file.endsWith('.env')) {
    const variables = parseEnvironmentFile(text);
    return (name) => variables.get(variableOf(name));
  }
  const parsed = SecretsMap.safeParse(parseYaml(text, file));
  if (!parsed.success) {
    const key = parsed.error.issues[0]?.path.join('.');
    throw new FtsError(
      'SecretMissing',
      `${file}: expected names with text values${key ? `; ${key} has none` : ''}`,
      LINES,
    );
  }
  const values = new Map(Object.entries(parsed.data));
  return (name) => values.get(name);
}

async function requirePrivate(file: string): Promise<void> {
  const stats = await stat(file);
  if (!stats.isFile())
    throw new FtsError(
      'SecretMissing',
      `the secrets file ${file} is no regular file`,
      `look at \`ls -ld ${file}\`, and put a file of lines \`name: value\` in its place`,
    );
  if (process.platform === 'win32') return; // modes mean nothing there
  const { mode, uid } = stats;
  if ((mode & 0o077) !== 0) {
    throw new FtsError('SecretsFileLoose', `others can read the secrets file ${file}`, `chmod 600 ${file}`);
  }
  if (uid !== process.getuid?.()) {
    throw new FtsError(
      'SecretsFileLoose',
      `the secrets file ${file} belongs to user id ${String(uid)}, not to the worker's user`,
      `chown ${String(process.getuid?.())} ${file}`,
    );
  }
}

/** YAML's own errors and warnings quote what they choke on, and that may be a secret. */
function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', prettyErrors: false, logLevel: 'error' });
  } catch {
    throw new FtsError('SecretMissing', `${file} is not valid YAML`, LINES);
  }
}

/** The value is the rest of the line, without the quotes around it if there are any: `#` begins no comment in it. */
function parseEnvironmentFile(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z0-9_][\w-]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!match) continue;
    const [, variable = '', raw = ''] = match;
    const quoted = /^(["'])(.*)\1$/.exec(raw);
    values.set(variableOf(variable), quoted?.[2] ?? raw);
  }
  return values;
}
