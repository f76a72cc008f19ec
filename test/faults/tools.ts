import { dirname } from 'node:path';
import { findTool } from '../../src/adapters/tools.js';
import { toolsFolder } from '../../src/adapters/tools-folder.js';
import { TOOL_NAMES } from '../../src/adapters/tools-known.js';

/** Where the real tools are. */
export async function toolFolders(): Promise<string[]> {
  process.env.FTS_TOOLS_DIR = toolsFolder(process.env);
  const found = await Promise.all(TOOL_NAMES.map((name) => findTool(name)));
  return [...new Set(found.map(({ path }) => dirname(path)))];
}
