import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { FtsError } from '../domain/failures.js';
import { toolsFolder } from './tools-folder.js';
import { isAtLeast, KNOWN_TOOLS, type ToolName } from './tools-known.js';

/** Time to read 250 MB from a disk that was asleep. */
const VERSION_TIMEOUT_MS = 60_000;

/** A tool that will do. `version` is what its minimum counts: for temporal, the server's. */
export interface FoundTool {
  path: string;
  version: string;
}

/**
 * The first good `name` on PATH, else in the tools folder. Too old, broken or not executable counts as absent.
 * Throws `ToolMissing`, which tells what was found instead and what to run.
 */
export async function findTool(
  name: ToolName,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<FoundTool> {
  const { label, minimum } = KNOWN_TOOLS[name];
  const refused: string[] = [];
  for (const file of candidates(name, environment)) {
    if (!(await isExecutableFile(file))) continue;
    const version = await toolVersion(name, file, environment);
    if (version === undefined) refused.push(`${file} does not tell its version`);
    else if (!isAtLeast(version, minimum)) refused.push(`${file} is ${version}`);
    else return { path: file, version };
  }
  const instead = refused.length > 0 ? `; ${refused.join('; ')}` : '';
  throw new FtsError(
    'ToolMissing',
    `${label} ${minimum} or later is not installed${instead}`,
    'run `fts doctor --install`, or install it so that it is on PATH',
  );
}

/** The version that the program `file` tells; undefined if it does not run, or tells none. */
export async function toolVersion(
  name: ToolName,
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { mtimeMs, size, ino } = await stat(file);
  const key = [file, mtimeMs, size, ino].join('\0');
  const version = versions.get(key) ?? (await askVersion(name, file, environment));
  if (version !== undefined) versions.set(key, version);
  return version;
}

/** Asking costs a process; an answer holds for as long as the file is the same. */
const versions = new Map<string, string>();

async function askVersion(
  name: ToolName,
  file: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { versionArguments, versionPattern } = KNOWN_TOOLS[name];
  const { exitCode, stdout } = await execa(file, versionArguments, {
    env: environment,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: VERSION_TIMEOUT_MS,
  });
  return exitCode === 0 ? versionPattern.exec(stdout)?.[1] : undefined;
}

/** Relative entries of PATH are left out: what they mean depends on where one stands. */
function* candidates(name: ToolName, environment: NodeJS.ProcessEnv): Generator<string> {
  for (const folder of (environment.PATH ?? '').split(path.delimiter))
    if (path.isAbsolute(folder)) yield path.join(folder, name);
  yield path.join(toolsFolder(environment), name);
}

async function isExecutableFile(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
