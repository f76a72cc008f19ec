import { ensureTools } from '../adapters/fetch/tools.js';
import { findTool } from '../adapters/tools.js';
import { OPTIONAL_TOOLS, TOOL_NAMES, type ToolName } from '../adapters/tools-known.js';
import { FtsError } from '../domain/failures.js';
import { type DoctorFinding, fail, ok, warn } from './doctor-finding.js';
import { note } from './output.js';

/** Fetches the tools that are missing, telling on stderr what it does. What cannot be had is left to `findTools`. */
export async function installTools(): Promise<void> {
  const optional = process.platform === 'linux' ? OPTIONAL_TOOLS : [];
  for (const name of [...TOOL_NAMES, ...optional]) {
    try {
      await ensureTools([name], { log: note });
    } catch (error) {
      if (!(error instanceof FtsError)) throw error;
      note(error.message);
    }
  }
}

/** Whether the tools are there and new enough. Temporal's server is needed by `fts dev` only. */
export async function inspectTools(): Promise<DoctorFinding[]> {
  return Promise.all(TOOL_NAMES.map(inspectTool));
}

async function inspectTool(name: ToolName): Promise<DoctorFinding> {
  try {
    const { path, version } = await findTool(name);
    return ok('tools', `${name} ${version} at ${path}`);
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    const fix = 'fts doctor --install';
    return name === 'temporal'
      ? warn('tools', `${error.message} (only \`fts dev\` needs it)`, fix)
      : fail('tools', error.message, fix);
  }
}
