import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

const parent = dirname(import.meta.dirname);

/** The pre-built workflow code: `dist/workflow-bundle.js`, whether asked from `dist` or from the source. */
export const BUNDLE_FILE = join(
  basename(parent) === 'dist' ? parent : join(parent, 'dist'),
  'workflow-bundle.js',
);

/** Build id of a control worker: the first 16 hexadecimal digits of its bundle's SHA-256. */
export const buildIdOf = (code: string | Uint8Array): string =>
  createHash('sha256').update(code).digest('hex').slice(0, 16);
