/** A `Place` as one text: folders below it begin with it and a slash. */
export const placeKey = ({ host, path }: { host: string; path: string }): string =>
  `${host}:${path === '/' ? '' : path}`;

/**
 * Names of places, and which of them hold one another, told in time proportional to the depth of a place. Places are
 * texts in which a slash leads one level down.
 */
export class PlaceIndex {
  readonly #names = new Map<string, string>();
  readonly #below = new Map<string, string>();

  /** The first name of a place stays. */
  add(place: string, name: string): void {
    if (this.#names.has(place)) return;
    this.#names.set(place, name);
    for (const outer of above(place)) if (!this.#below.has(outer)) this.#below.set(outer, name);
  }

  /** Name of what lies exactly there. */
  at(place: string): string | undefined {
    return this.#names.get(place);
  }

  /** Name of the nearest that the place lies below. */
  around(place: string): string | undefined {
    for (const outer of above(place)) {
      const name = this.#names.get(outer);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** Name of one that lies there, around it, or below it. */
  meeting(place: string): string | undefined {
    return this.at(place) ?? this.around(place) ?? this.#below.get(place);
  }
}

function* above(place: string): Generator<string> {
  for (let end = place.lastIndexOf('/'); end >= 0; end = place.lastIndexOf('/', end - 1)) {
    yield place.slice(0, end);
    if (end === 0) return;
  }
}
