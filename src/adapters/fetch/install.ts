import { chmod, open, rename } from 'node:fs/promises';
import path from 'node:path';
import { crashPoint } from '../crash-point.js';
import { WayClosed } from './problem.js';
import { isAtLeast, KNOWN_TOOLS, type ToolName } from '../tools-known.js';
import { toolVersion, type FoundTool } from '../tools.js';

/**
 * Moves a fetched program into the tools folder, which must be on the same filesystem. It is run first: what does not
 * tell a good version here is `WayClosed`. Durable and atomic; replaces what was there.
 */
export async function installTool(
  name: ToolName,
  program: string,
  toolsFolder: string,
  environment: NodeJS.ProcessEnv,
): Promise<FoundTool> {
  await chmod(program, 0o755);
  const version = await toolVersion(name, program, environment);
  if (version === undefined) throw new WayClosed('what came does not run here, or tells no version');
  if (!isAtLeast(version, KNOWN_TOOLS[name].minimum)) throw new WayClosed(`what came is ${version}`);
  const handle = await open(program, 'r');
  await handle.sync().finally(() => handle.close());
  const installed = path.join(toolsFolder, name);
  crashPoint('tool-tried', name);
  await rename(program, installed);
  crashPoint('tool-installed', name);
  return { path: installed, version };
}
