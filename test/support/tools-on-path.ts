import path from 'node:path';
import { FtsError } from '../../src/domain/failures.js';
import { findTool } from '../../src/adapters/tools.js';
import { toolsFolder } from '../../src/adapters/tools-folder.js';
import { OPTIONAL_TOOLS, TOOL_NAMES } from '../../src/adapters/tools-known.js';

/** Lets every test, and every program it starts, find the real tools by name. Runs once, before all tests. */
export default async function toolsOnPath(): Promise<void> {
  const found = await Promise.all(TOOL_NAMES.map((name) => findTool(name).catch(explain)));
  process.env.FTS_TOOLS_DIR = toolsFolder(process.env);
  const optional = await Promise.all(OPTIONAL_TOOLS.map((name) => findTool(name).catch(() => [])));
  const folders = [...new Set([...found, ...optional.flat()].map((tool) => path.dirname(tool.path)))];
  process.env.PATH = [...folders, process.env.PATH].join(path.delimiter);
}

function explain(error: unknown): never {
  if (error instanceof FtsError) throw new Error(`${error.message}. \`npm test\` fetches what is missing.`);
  throw error;
}
