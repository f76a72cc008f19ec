import { hostname } from 'node:os';
import { thisHost } from '../adapters/host-identity.js';
import { UsageError } from '../domain/usage-error.js';
import type { Estate } from '../estate/schema.js';
import { unknownName } from './known-name.js';

/** The host that `fts dev` works as: the one asked for, else the one this machine is. */
export function devHost(estate: Estate, asked: string | undefined): string {
  const declared = Object.keys(estate.hosts);
  if (asked !== undefined) {
    if (declared.includes(asked)) return asked;
    throw unknownName('host', asked, declared, `it declares ${declared.join(', ')}`);
  }
  const found = thisHost(estate);
  if (found !== undefined) return found;
  throw new UsageError(`the estate does not declare this machine, ${hostname()}, as one of its hosts`, {
    hint: `pass --host ${declared.join(' or --host ')}, or set \`hostname: ${hostname()}\` at the host that it is`,
  });
}
