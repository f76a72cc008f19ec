import type { CST } from 'yaml';

/** What can be told of a text before it is composed. Offsets into the text. */
export interface TokenReview {
  /** First collection that lies deeper than allowed. */
  tooDeep?: number;
  /** Quotes and brackets that are never closed. */
  unclosed: { from: number; opener: string }[];
}

/** Walks the tokens without recursion, as nothing is known of their nesting yet. */
export function reviewTokens(tokens: readonly CST.Token[], mostLevels: number): TokenReview {
  const review: TokenReview = { unclosed: [] };
  const open = tokens.map((token) => ({ token, level: 0 }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, level } = next;
    if (level > mostLevels) return { tooDeep: token.offset, unclosed: [] };
    switch (token.type) {
      case 'document':
        if (token.value) open.push({ token: token.value, level });
        break;
      case 'flow-collection':
        if (token.end.length === 0) review.unclosed.push({ from: token.offset, opener: token.start.source });
        pushItems(token.items, level);
        break;
      case 'block-map':
      case 'block-seq':
        pushItems(token.items, level);
        break;
      case 'single-quoted-scalar':
      case 'double-quoted-scalar': {
        const quote = token.source.charAt(0);
        if (token.source.length < 2 || !token.source.endsWith(quote)) {
          review.unclosed.push({ from: token.offset, opener: quote });
        }
        break;
      }
      default:
    }
  }
  return review;

  function pushItems(items: readonly CST.CollectionItem[], level: number): void {
    for (const { key, value } of items) {
      if (key) open.push({ token: key, level: level + 1 });
      if (value) open.push({ token: value, level: level + 1 });
    }
  }
}
