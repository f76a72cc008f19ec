import type { Declaration } from './job.js';

/** JSON with sorted keys and without undefined: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Names of the parts in which two declarations differ, sorted; empty when they are the same. */
export function differingKeys(mine: Declaration, theirs: Declaration): string[] {
  if (mine.digest === theirs.digest) return [];
  const names = new Set([...Object.keys(mine.keys), ...Object.keys(theirs.keys)]);
  return [...names].filter((name) => mine.keys[name] !== theirs.keys[name]).sort();
}
