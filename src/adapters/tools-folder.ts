import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';

const PACKAGE_NAME = 'flux-time-space';
const Package = z.object({ name: z.string().optional() });

/** Where fetched tools are: `$FTS_TOOLS_DIR`, else `.fts/tools` of the checkout this runs from, else the user's own. */
export function toolsFolder(environment: NodeJS.ProcessEnv): string {
  if (environment.FTS_TOOLS_DIR) return path.resolve(environment.FTS_TOOLS_DIR);
  const checkout = checkoutAround(import.meta.dirname);
  if (checkout !== undefined) return path.join(checkout, '.fts', 'tools');
  return path.join(environment.HOME ?? homedir(), '.local', 'share', 'fts', 'tools');
}

/** Root of the checkout that holds `folder`; undefined for an installed package, which lies below `node_modules`. */
export function checkoutAround(folder: string): string | undefined {
  if (folder.split(path.sep).includes('node_modules')) return undefined;
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (
      existsSync(file) &&
      Package.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data?.name === PACKAGE_NAME
    )
      return at;
    if (path.dirname(at) === at) return undefined;
  }
}
