import { distance } from 'fastest-levenshtein';

/** Names longer than this are not compared: no typing slip, and the comparison is quadratic. */
const LONGEST = 200;

/** The candidate that `name` is most likely a slip for: at most two edits in five characters, or undefined. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.min(Math.round(name.length * 0.4), name.length - 1) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance || candidate === name) continue;
    const found = distance(wanted, candidate.toLowerCase());
    if (found < bestDistance) [best, bestDistance] = [candidate, found];
  }
  return best;
}
