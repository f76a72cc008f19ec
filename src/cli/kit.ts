import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';
import { encryptWithPassphrase } from '../adapters/age-file.js';
import { packKit } from '../adapters/kit-contents.js';
import { kitFacts, writeKitRecord } from '../adapters/kit-record.js';
import { requireFree, requireReplaceable, writePrivateFile } from '../adapters/private-file.js';
import { findSecrets } from '../adapters/secrets-found.js';
import { createSecretResolver } from '../adapters/secrets.js';
import { State, stateRoot } from '../adapters/state.js';
import type { KitManifest, MissingSecret } from '../domain/kit.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import type { LoadedEstate } from '../estate/load.js';
import { volumeRoot } from '../estate/lookup.js';
import { secretsWanted } from '../estate/secrets-wanted.js';
import { loadEstateOption } from './estate-option.js';
import { plural } from './format.js';
import { volumesHere } from './hosts-here.js';
import { note, printJson, printLine } from './output.js';
import { type PassphraseSource, newPassphrase } from './passphrase.js';

export interface KitOptions extends PassphraseSource {
  estate?: string;
  json: boolean;
  file?: string | undefined;
  /** Replaces what is there. */
  force: boolean;
}

/** `fts kit`: writes all that a new machine needs into one encrypted file. */
export async function kit(options: KitOptions): Promise<number> {
  const loaded = await loadEstateOption(options.estate);
  const { estate } = loaded;
  const state = new State(stateRoot(process.env), estate.estate);
  const writtenAt = new Date().toISOString();
  const file = resolve(options.file ?? `${estate.estate}-kit-${writtenAt.slice(0, 10)}.age`);
  await (options.force ? requireReplaceable : requireFree)(file);
  const wanted = secretsWanted(estate);
  const { found, missing } = await findSecrets(createSecretResolver(loaded, process.env), wanted);
  if (wanted.length > 0 && found.size === 0) throw noSecrets(missing);
  const manifest: KitManifest = {
    ...{ kit: 1, estate: estate.estate, machine: hostname(), writtenAt, secrets: [...found.keys()] },
    missing: missing.map(({ secret, neededBy }) => ({ secret, neededBy })),
    repositories: Object.keys(estate.repositories),
    remotes: Object.keys(estate.remotes),
  };
  const archive = await packKit(loaded, manifest, found);
  const passphrase = await newPassphrase(options);
  const encrypted = await encryptWithPassphrase(archive, passphrase);
  await writePrivateFile(file, encrypted, { replace: options.force });
  const salt = randomBytes(16).toString('hex');
  await writeKitRecord(state, { writtenAt, file, salt, ...(await kitFacts(estate, found, salt)) });

  const volume = await volumeOf(file, loaded, state);
  if (options.json)
    printJson({ file, bytes: encrypted.length, ...manifest, missing, volume: volume ?? null });
  else printWritten(file, manifest, missing);
  if (volume !== undefined)
    note(`It lies on the volume ${volume}: take it elsewhere, or it is lost with that.`);
  return missing.length > 0 ? ExitCode.unhealthy : ExitCode.complete;
}

function noSecrets(missing: readonly MissingSecret[]): UsageError {
  const [first] = missing;
  return new UsageError(`no secret of the estate has a value here: ${first?.message ?? ''}`, {
    hint: 'write the kit as the user, and on the host, that has the secrets',
  });
}

/** The volume of this machine on which a file lies. */
async function volumeOf(file: string, loaded: LoadedEstate, state: State): Promise<string | undefined> {
  return [...(await volumesHere(loaded, state))].find((volume) => {
    const within = relative(volumeRoot(loaded, volume), file);
    return within !== '' && !within.startsWith('..') && !isAbsolute(within);
  });
}

function printWritten(
  file: string,
  { secrets, repositories, remotes }: KitManifest,
  missing: readonly MissingSecret[],
): void {
  printLine(`Wrote ${file}`);
  const holds = [
    'the estate',
    ...(repositories.length > 0 ? [`${String(repositories.length)} of restic's repositories`] : []),
    ...(remotes.length > 0 ? [plural(remotes.length, 'remote')] : []),
    plural(secrets.length, 'secret'),
  ];
  printLine(`  ${holds.join(', ')}`);
  for (const { secret, neededBy, message } of missing)
    printLine(`  MISSING: ${secret} (${neededBy.join(', ')}): ${message}`);
  note('Keep it, and the passphrase, where neither burns with this machine. `age --decrypt` opens it;');
  note('its README.txt says what then. Look whether it opens: fts kit --verify FILE');
}
