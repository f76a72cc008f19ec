import { readFile } from 'node:fs/promises';
import { decryptWithPassphrase } from '../adapters/age-file.js';
import { readKit } from '../adapters/kit-contents.js';
import { State, errnoOf, stateRoot } from '../adapters/state.js';
import type { KitManifest, KitState } from '../domain/kit.js';
import { ExitCode } from '../domain/outcome.js';
import { UsageError } from '../domain/usage-error.js';
import { loadEstateOption } from './estate-option.js';
import { formatTime, printableText } from './format.js';
import { kitStatus } from './kit-status.js';
import { printJson, printLine } from './output.js';
import { type PassphraseSource, knownPassphrase } from './passphrase.js';

export interface KitLookOptions extends PassphraseSource {
  estate?: string;
  json: boolean;
  file: string;
}

/** `fts kit --list`: opens a kit and says what is in it: names, and no value. Needs no estate. */
export async function listKit(options: KitLookOptions): Promise<number> {
  const { manifest, files } = await openKit(options);
  if (options.json) printJson({ ...manifest, files });
  else printManifest(manifest, files);
  return ExitCode.complete;
}

/** `fts kit --verify`: besides, whether the estate and its secrets are still as in this kit, as this host remembers. */
export async function verifyKit(options: KitLookOptions): Promise<number> {
  const { manifest, files } = await openKit(options);
  const loaded = await loadEstateOption(options.estate);
  if (manifest.estate !== loaded.estate.estate)
    throw new UsageError(`that is the kit of the estate ${manifest.estate}, not of ${loaded.estate.estate}`);
  const now = await kitStatus(loaded, new State(stateRoot(process.env), loaded.estate.estate));
  const isLast = now?.writtenAt === manifest.writtenAt;
  const state: KitState = isLast ? now.state : 'unknown';
  const changed = isLast ? now.changed : null;
  if (options.json) printJson({ ...manifest, files, state, changed });
  else {
    printManifest(manifest, files);
    printLine(verdict(state, isLast, changed));
  }
  return state === 'outdated' || manifest.missing.length > 0 ? ExitCode.unhealthy : ExitCode.complete;
}

function verdict(state: KitState, isLast: boolean, changed: string | null): string {
  if (!isLast) return 'It opens. It is not the last one that was written here: it may be out of date.';
  if (state === 'outdated') return `It opens, and is out of date: ${changed ?? 'something changed'}.`;
  if (state === 'current') return 'It opens, and is as the estate and its secrets are now.';
  return 'It opens. Whether its secrets are still the same cannot be seen here.';
}

async function openKit(options: KitLookOptions): Promise<{ manifest: KitManifest; files: string[] }> {
  let content: Uint8Array;
  try {
    content = await readFile(options.file);
  } catch (error) {
    throw new UsageError(`${options.file} cannot be read (${errnoOf(error) ?? 'it failed'})`);
  }
  return readKit(await decryptWithPassphrase(content, await knownPassphrase(options)));
}

function printManifest(manifest: KitManifest, files: readonly string[]): void {
  const { estate, machine, writtenAt, secrets, missing, repositories, remotes } = manifest;
  const names = (list: readonly string[]): string => (list.length > 0 ? list.join(', ') : 'none');
  const lines = [
    `Recovery kit of ${estate}, written ${formatTime(new Date(writtenAt))} on ${machine}`,
    `  repositories  ${names(repositories)}`,
    `  remotes       ${names(remotes)}`,
    `  secrets       ${names(secrets)}`,
    ...(missing.length > 0 ? [`  missing       ${names(missing.map(({ secret }) => secret))}`] : []),
    `  files         ${names(files)}`,
  ];
  printLine(printableText(lines.join('\n')));
}
