import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import type { Path, Problem } from '../problem.js';
import { showSource } from './show.js';
import type { Lines } from './lines.js';

/** Nodes that aliases may add to a file. */
const MOST_ALIASED_NODES = 10_000;

/** Keys that mean something to JavaScript's objects. */
const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const CORE_TAGS = new Set([
  '!',
  ...'str int float bool null map seq'.split(' ').map((tag) => `tag:yaml.org,2002:${tag}`),
]);

/** What an alias stands for. An alias that is not in it is broken, and told as a problem. */
export type AliasTargets = ReadonlyMap<Alias, Node>;

export interface NodeReview {
  targets: AliasTargets;
  problems: Problem[];
  /** The aliases expand to too much: nothing must follow them. */
  explosive: boolean;
}

/**
 * Looks at every node once, as written, before any alias is followed: aliases, tags, and the keys of mappings.
 * Takes time proportional to the text however much its aliases expand to.
 */
export function reviewNodes(root: Node, lines: Lines, text: string): NodeReview {
  const review = new Review(lines, text);
  review.visit(root, []);
  return review;
}

/** The pairs of a mapping that count: with a key that is text, is not reserved, and was not there before. */
export function* usablePairs(
  map: Node,
  targets: AliasTargets,
): Generator<{ name: string; key: Scalar; value: Node | null }> {
  if (!isMap<Node, Node | null>(map)) return;
  const seen = new Set<string>();
  for (const { key, value } of map.items) {
    const scalar = isAlias(key) ? targets.get(key) : key;
    if (!isScalar(scalar) || typeof scalar.value !== 'string') continue;
    const name = scalar.value;
    if (seen.has(name) || RESERVED_KEYS.has(name) || isMergeKey(scalar)) continue;
    seen.add(name);
    yield { name, key: isScalar(key) ? key : scalar, value };
  }
}

const isMergeKey = (key: Scalar): boolean => key.value === '<<' && key.type === 'PLAIN';

class Review implements NodeReview {
  readonly targets = new Map<Alias, Node>();
  readonly problems: Problem[] = [];
  readonly #anchors = new Map<string, Node>();
  /** Nodes of each finished anchor, aliases in it expanded. */
  readonly #sizes = new Map<Node, number>();
  #aliased = 0;

  constructor(
    private readonly lines: Lines,
    private readonly text: string,
  ) {}

  get explosive(): boolean {
    return this.#aliased > MOST_ALIASED_NODES;
  }

  /** Returns the number of nodes that `node` stands for. */
  visit(node: Node, path: Path): number {
    if (isAlias(node)) return this.#alias(node, path);
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      const shown = showSource(node.tag.replace(/^tag:yaml\.org,2002:/, '!!'));
      const offset = this.text.lastIndexOf('!', (node.range?.[0] ?? 0) - 1);
      const at = this.lines.at(this.text[offset - 1] === '!' ? offset - 1 : offset);
      this.problems.push({
        at,
        path,
        message: `found the tag ${shown}, expected none: custom tags are not read`,
      });
    }
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    let size = 1;
    if (isSeq<Node>(node))
      for (const [index, item] of node.items.entries()) size += this.visit(item, [...path, index]);
    if (isMap<Node, Node | null>(node)) size += this.#pairs(node.items, path);
    this.#sizes.set(node, size);
    return size;
  }

  #pairs(items: readonly { key: Node; value: Node | null }[], path: Path): number {
    const lineOf = new Map<string, number>();
    let size = 0;
    for (const { key, value } of items) {
      size += this.visit(key, path);
      const name = this.#checkKey(key, path, lineOf);
      if (value) size += this.visit(value, [...path, name]);
    }
    return size;
  }

  #checkKey(key: Node, path: Path, lineOf: Map<string, number>): string {
    const scalar = isAlias(key) ? this.targets.get(key) : key;
    const shown = isScalar(scalar) ? showSource(scalar.source ?? String(scalar.value)) : 'a collection';
    if (isAlias(key) && !scalar) return shown;
    if (!isScalar(scalar) || typeof scalar.value !== 'string') {
      const found = isScalar(scalar) && scalar.value === null ? 'nothing' : shown;
      this.#report(key, path, `found ${found} as a key, expected text: put it in quotes if it is a name`);
      return shown;
    }
    const name = scalar.value;
    const here = [...path, name];
    const before = lineOf.get(name);
    if (isMergeKey(scalar))
      this.#report(key, here, 'found the merge key <<, expected a name: merge keys are not read');
    else if (RESERVED_KEYS.has(name))
      this.#report(key, here, `found the key "${name}", expected any other: it is reserved`);
    else if (before !== undefined) {
      this.#report(key, here, `duplicate key ${showSource(name)}: the first is on line ${String(before)}`);
    } else lineOf.set(name, this.lines.at(key.range?.[0] ?? 0).line);
    return name;
  }

  #alias(alias: Alias, path: Path): number {
    const target = this.#anchors.get(alias.source);
    const size = target && this.#sizes.get(target);
    if (!target || size === undefined) {
      const why = target ? 'which it is a part of' : 'which no anchor before it declares';
      const slip = target ? undefined : { name: alias.source, among: this.#anchors.keys() };
      this.#report(alias, path, `found the alias *${showSource(alias.source)}, ${why}`, slip);
      return 1;
    }
    this.targets.set(alias, target);
    const wasExplosive = this.explosive;
    this.#aliased += size;
    if (this.explosive && !wasExplosive) {
      this.#report(alias, path, `found aliases that expand to more than ${String(MOST_ALIASED_NODES)} nodes`);
    }
    return size;
  }

  #report(node: Node, path: Path, message: string, slip?: Problem['slip']): void {
    this.problems.push({ at: this.lines.at(node.range?.[0] ?? 0), path, message, ...(slip && { slip }) });
  }
}
