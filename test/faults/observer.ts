/** Something that can be seen of a run: what kind, and which one of its kind. */
export type Sight = readonly [moment: string, id: string];

/** All that can be seen just now; what was seen before may be told again. */
export type Sense = () => Iterable<Sight>;

/** A look so often (milliseconds). */
const TICK_MS = 2;

/** Sees from the outside how far a run is, and tells at once. */
export interface Observer {
  /** Resolves when so many things of the kind, or of any, came up that were not there when this was asked. */
  next(moment: string, count: number): Promise<void>;
  /** How often each kind was seen. */
  seen(): Record<string, number>;
  end(): void;
}

/** Whatever comes up next. */
export const ANY = 'anything';

interface Waiter {
  moment: string;
  left: number;
  resolve: () => void;
}

export function startObserver(senses: readonly Sense[]): Observer {
  const known = new Set<string>();
  const seen: Record<string, number> = {};
  let waiters: Waiter[] = [];
  const look = (): void => {
    for (const sense of senses) {
      for (const [moment, id] of sense()) {
        const key = `${moment}\0${id}`;
        if (known.has(key)) continue;
        known.add(key);
        seen[moment] = (seen[moment] ?? 0) + 1;
        waiters = waiters.filter((waiter) => {
          if ((waiter.moment !== ANY && waiter.moment !== moment) || --waiter.left > 0) return true;
          waiter.resolve();
          return false;
        });
      }
    }
  };
  look();
  for (const moment of Object.keys(seen)) seen[moment] = 0; // it was there before
  const timer = setInterval(look, TICK_MS);
  return {
    next: (moment, count) =>
      new Promise((resolve) => {
        waiters.push({ moment, left: count, resolve });
      }),
    seen: () => ({ ...seen }),
    end: () => {
      clearInterval(timer);
    },
  };
}
