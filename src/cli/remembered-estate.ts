import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ownCacheFile, readOwnCache, writeOwnCache } from '../adapters/own-cache.js';
import type { LoadedEstate } from '../estate/load.js';
import { type EstateText, readEstateText } from '../estate/text.js';
import { type ZoneSpan, useZoneSpan } from '../estate/zone-clock.js';
import { findEstateOption } from './estate-option.js';

/** Set in the bundle, and another one after every change to it (webpack). */
declare const __webpack_hash__: string | undefined;

const BUNDLE = typeof __webpack_hash__ === 'undefined' ? undefined : __webpack_hash__;

/** What is kept beside an estate's text: the outcome of checking it, and its zone's clock. */
interface Remembered {
  estate: LoadedEstate['estate'];
  warnings: LoadedEstate['warnings'];
  clock: ZoneSpan;
}

/** So many years ahead when a job is due is reckoned: the twelve of `clock-nights.ts`, and this one. */
const YEARS_AHEAD = 13;

export interface Memory {
  /** Which program this is; undefined for one that remembers nothing. */
  program: string | undefined;
  environment: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * As `loadEstateOption`, for a command that only shows: an estate that this very program checked today, and whose text is the
 * same to the letter, is not checked again. The file is read each time; whatever the cache holds for another text is not used.
 */
export async function rememberedEstate(
  option: string | undefined,
  memory: Memory = { program: BUNDLE, environment: process.env, now: Date.now() },
): Promise<LoadedEstate> {
  const source = await readEstateText(await findEstateOption(option));
  const { file, directory } = source;
  const cache = ownCacheFile('estate.json', memory.environment);
  if (memory.program === undefined || cache === undefined) return check(source);
  const key = keyOf(source, memory);
  const kept = readOwnCache(cache, key);
  if (kept !== undefined) {
    const { estate, warnings, clock } = parsed(kept);
    useZoneSpan(clock);
    return { estate, file, directory, warnings };
  }
  const loaded = await check(source);
  const text = await toRemember(loaded, memory.now);
  if (text !== undefined) writeOwnCache(cache, key, text);
  return loaded;
}

async function check(source: EstateText): Promise<LoadedEstate> {
  const { checkEstate } = await import('../estate/load.js');
  return checkEstate(source);
}

/** All that what an estate means depends on: its text, where it lies, and what judges it: program, Node, zones, the day. */
function keyOf({ text, named, directory }: EstateText, { program, now }: Memory): string {
  const { node, tz } = process.versions;
  const day = new Date(now).toISOString().slice(0, 10);
  return createHash('sha256')
    .update(JSON.stringify([program, node, tz, day, directory, named, text]))
    .digest('hex');
}

/** Undefined for what would not come back as it is. */
async function toRemember({ estate, warnings }: LoadedEstate, now: number): Promise<string | undefined> {
  const { zoneSpan } = await import('../estate/zone-span.js');
  const year = new Date(now).getUTCFullYear();
  const clock = zoneSpan(estate.timezone, Date.UTC(year - 1, 11, 1), Date.UTC(year + YEARS_AHEAD, 0, 1));
  const remembered: Remembered = { estate, warnings, clock };
  const text = JSON.stringify(remembered);
  return isDeepStrictEqual(parsed(text), remembered) ? text : undefined;
}

/** Its digest has been compared; it is as this program wrote it. */
const parsed = (text: string): Remembered => JSON.parse(text) as Remembered;
