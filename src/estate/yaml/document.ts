import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Path, Position, Problem } from '../problem.js';
import { Lines } from './lines.js';
import { type AliasTargets, reviewNodes, usablePairs } from './nodes.js';
import { parseText } from './parse.js';

/** A parsed estate file: its plain value, what is wrong with it as YAML, and where everything is. */
export interface EstateDocument {
  /** Undefined when there is nothing to check further. */
  value: unknown;
  /** Of the text as a whole. Those of its nodes, such as duplicate keys, are in `problems`. */
  syntaxProblems: Problem[];
  problems: Problem[];
  /** Where what follows cannot be trusted, because of a syntax error. */
  brokenFrom?: Position;
  /** Of the key at the end of `path`. */
  keyPosition(path: Path): Position;
  /** Of the value at the end of `path`; of its key if the value was left out. */
  valuePosition(path: Path): Position;
  /** A scalar as written, undefined for anything else. */
  sourceOf(path: Path): string | undefined;
}

/** Never throws for what a text may hold. */
export function readDocument(text: string): EstateDocument {
  const lines = new Lines(text);
  const { contents, problems: syntaxProblems, brokenFrom } = parseText(text, lines);
  const broken = brokenFrom === undefined ? {} : { brokenFrom: lines.at(brokenFrom) };
  if (!contents) return { value: undefined, syntaxProblems, problems: [], ...broken, ...nowhere };
  const review = reviewNodes(contents, lines, text);
  const finder = new Finder(contents, review.targets, lines);
  return {
    value: review.explosive ? undefined : plainValue(contents, review.targets),
    syntaxProblems,
    problems: review.problems,
    ...broken,
    keyPosition: (path) => finder.keyPosition(path),
    valuePosition: (path) => finder.valuePosition(path),
    sourceOf: (path) => finder.sourceOf(path),
  };
}

const START: Position = { line: 1, column: 1 };
const nowhere = { keyPosition: () => START, valuePosition: () => START, sourceOf: () => undefined };

/** The value without what `nodes.ts` reported: broken aliases become null, unusable pairs are left out, and what a refused tag made is text. */
function plainValue(node: Node | null, targets: AliasTargets): unknown {
  if (isAlias(node)) return plainValue(targets.get(node) ?? null, targets);
  if (isScalar(node)) return typeof node.value === 'object' && node.value !== null ? node.source : node.value;
  if (isSeq<Node>(node)) return node.items.map((item) => plainValue(item, targets));
  if (!isMap(node)) return null;
  const object: Record<string, unknown> = {};
  for (const { name, value } of usablePairs(node, targets)) object[name] = plainValue(value, targets);
  return object;
}

/** One step into a node: the key (none in a list), and the value. */
interface Step {
  key: Node | undefined;
  value: Node | null;
}

class Finder {
  readonly #pairs = new Map<Node, Map<string, Step>>();

  constructor(
    private readonly root: Node,
    private readonly targets: AliasTargets,
    private readonly lines: Lines,
  ) {}

  keyPosition(path: Path): Position {
    const { key, value } = this.#walk(path);
    return this.#at(key ?? value);
  }

  valuePosition(path: Path): Position {
    const { key, value } = this.#walk(path);
    const leftOut = !value || (isScalar(value) && value.value === null && !value.source);
    return this.#at(leftOut ? (key ?? value) : value);
  }

  sourceOf(path: Path): string | undefined {
    const { value } = this.#walk(path);
    const node = isAlias(value) ? this.targets.get(value) : value;
    return isScalar(node) ? node.source : undefined;
  }

  /** Goes as far along `path` as there is something. */
  #walk(path: Path): Step {
    let step: Step = { key: undefined, value: this.root };
    for (const part of path) {
      const next = this.#step(isAlias(step.value) ? this.targets.get(step.value) : step.value, part);
      if (!next) break;
      step = next;
    }
    return step;
  }

  #step(node: Node | null | undefined, part: string | number): Step | undefined {
    if (isSeq<Node>(node) && typeof part === 'number') {
      const value = node.items[part];
      return value && { key: undefined, value };
    }
    if (!isMap(node) || typeof part !== 'string') return undefined;
    let pairs = this.#pairs.get(node);
    if (!pairs) {
      pairs = new Map();
      for (const { name, key, value } of usablePairs(node, this.targets)) pairs.set(name, { key, value });
      this.#pairs.set(node, pairs);
    }
    return pairs.get(part);
  }

  #at(node: Node | null | undefined): Position {
    return node?.range ? this.lines.at(node.range[0]) : START;
  }
}
