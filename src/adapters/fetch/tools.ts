import { FtsError } from '../../domain/failures.js';
import { CATALOGUE, type Source } from './catalogue.js';
import { buildWithGo } from './go.js';
import { takeFromDebian } from './debian.js';
import { installTool } from './install.js';
import { Tampered, WayClosed } from './problem.js';
import { fetchRelease } from './release.js';
import { FetchWorkshop } from './workshop.js';
import { toolsFolder } from '../tools-folder.js';
import { KNOWN_TOOLS, type ToolName } from '../tools-known.js';
import { findTool, type FoundTool } from '../tools.js';

/** `fetched` tells whether it had to be. */
export interface EnsuredTool extends FoundTool {
  name: ToolName;
  fetched: boolean;
}

export interface EnsureOptions {
  /** Told what is being done, one line a step. */
  log: (line: string) => void;
  environment?: NodeJS.ProcessEnv;
  /** Where tools come from; tests have their own. */
  catalogue?: Record<ToolName, Source>;
}

/**
 * Finds each tool, and fetches into the tools folder what is missing. Safe to run again and at the same time: a tool
 * appears there whole and tried, or not at all. Throws `ToolMissing` with all that was tried.
 */
export async function ensureTools(
  names: readonly ToolName[],
  { log, environment = process.env, catalogue = CATALOGUE }: EnsureOptions,
): Promise<EnsuredTool[]> {
  const found = await Promise.all(names.map((name) => findOrNothing(name, environment)));
  if (found.every((tool) => tool !== undefined)) return found;
  const workshop = await FetchWorkshop.open(toolsFolder(environment));
  try {
    const ensured: EnsuredTool[] = [];
    for (const [index, name] of names.entries())
      ensured.push(found[index] ?? (await fetchTool(name, catalogue[name], { workshop, environment, log })));
    return ensured;
  } finally {
    await workshop.close();
  }
}

async function findOrNothing(
  name: ToolName,
  environment: NodeJS.ProcessEnv,
): Promise<EnsuredTool | undefined> {
  try {
    return { name, ...(await findTool(name, environment)), fetched: false };
  } catch (error) {
    if (error instanceof FtsError && error.type === 'ToolMissing') return undefined;
    throw error;
  }
}

interface Fetching {
  workshop: FetchWorkshop;
  environment: NodeJS.ProcessEnv;
  log: (line: string) => void;
}

async function fetchTool(name: ToolName, source: Source, fetching: Fetching): Promise<EnsuredTool> {
  const { workshop, environment, log } = fetching;
  const tried: string[] = [];
  for (const { label, take } of waysTo(name, source, fetching)) {
    log(`${name}: ${label}`);
    try {
      const program = await workshop.withPulse(take, (seconds) => {
        log(`${name}: ${label}, ${seconds} s so far`);
      });
      const tool = await installTool(name, program, workshop.toolsFolder, environment);
      return { name, ...tool, fetched: true };
    } catch (error) {
      if (error instanceof Tampered)
        throw new FtsError('ToolMissing', `${name} was not installed: ${error.message}`, TAMPERED_HINT);
      if (!(error instanceof WayClosed)) throw error;
      log(`${name}: not that way: ${error.message}`);
      tried.push(`${label}: ${error.message}`);
    }
  }
  const { label, minimum, manual } = KNOWN_TOOLS[name];
  throw new FtsError(
    'ToolMissing',
    `${name} could not be fetched. ${tried.join('. ')}`,
    `install ${label} ${minimum} or later so that it is on PATH (${manual}), or copy the program into ${workshop.toolsFolder}`,
  );
}

const TAMPERED_HINT =
  'the file on its way here is not the published one: try from another network, or install it by hand';

interface Way {
  label: string;
  take: () => Promise<string>;
}

function waysTo(name: ToolName, { release, go, debian }: Source, { workshop, environment }: Fetching): Way[] {
  const ways: Way[] = [];
  if (release)
    ways.push({
      label: `official release ${release.version}`,
      take: async () => fetchRelease(name, release, await workshop.room(name)),
    });
  if (go)
    ways.push({
      label: `building ${go.version} with Go, which takes minutes`,
      take: async () => buildWithGo(name, go, await workshop.room('go'), environment),
    });
  if (debian)
    ways.push({
      label: `Debian package of ${debian.suite}`,
      take: async () => takeFromDebian(name, debian, await workshop.room(`${name}-debian`), environment),
    });
  return ways;
}
