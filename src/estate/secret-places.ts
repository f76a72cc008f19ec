import type { Path } from './problem.js';
import { holdsCredentials } from './repository-url.js';

/** Keys whose values somebody may have written where the name of a secret, or nothing secret, belongs. */
const SECRET_KEYS = new Set(['password', 'smbPassword', 'secrets', 'environment', 'variables', 'options']);

/** Whether `value`, found at that place, may hold a secret itself: then it is not shown. */
export function mayHoldSecret(path: Path, value: unknown): boolean {
  // A webhook is known by its secret URL; that of a repository is secret only with credentials.
  if (path.at(-1) === 'url')
    return (
      path[0] === 'notify' || (typeof value === 'string' && (value.includes('@') || holdsCredentials(value)))
    );
  // Where a public key belongs, a private one may stand.
  if (path[0] === 'operators') return true;
  return path.slice(1).some((part) => typeof part === 'string' && SECRET_KEYS.has(part));
}
