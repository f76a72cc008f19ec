/** Why Go's `regexp` refuses an expression; undefined if it takes it (RE2's syntax with Perl's additions, `regexp/syntax`). */
export function goRegexpProblem(expression: string): string | undefined {
  try {
    new Expression(expression).read();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

class Refused extends Error {}

/** Something that can be repeated, with what is repeated in it. */
interface Atom {
  /** How often at most; undefined where it is not counted. */
  times?: number;
  inner: Atom[];
}

/** Go counts no higher, nor does what is counted in something counted come to more. */
const MOST_TIMES = 1000;

const POSIX =
  /^\[:\^?(alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;

/** An escaped character, but for classes. */
const ESCAPED =
  /^\\(?:([ -/:-@[-`{-~])|(0[0-7]{0,2}|[1-7][0-7]{1,2})|x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|([afnrtv]))/;

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const LAST_CHARACTER = 0x10ffff;

class Expression {
  #rest: string;
  /** What is open: the whole, and each group in it. */
  readonly #groups: Atom[][] = [[]];
  /** What an operator can repeat: the last thing of the innermost group, or of its last alternative. */
  #canRepeat = false;

  constructor(expression: string) {
    this.#rest = expression;
  }

  read(): void {
    let repeated = false;
    while (this.#rest !== '') repeated = this.#readOne(repeated);
    if (this.#groups.length !== 1) throw new Refused('a ( without its )');
  }

  /** Returns whether that was a repetition. */
  #readOne(afterRepetition: boolean): boolean {
    const [first = ''] = this.#rest;
    const [counted, least, , most] = /^\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/.exec(this.#rest) ?? [];
    if (first === '*' || first === '+' || first === '?') return this.#repeat(first, {}, afterRepetition);
    if (counted !== undefined && least !== undefined)
      return this.#repeat(counted, countOf(counted, least, most), afterRepetition);
    if (first === '(') this.#open();
    else if (first === ')') this.#close();
    else if (first === '|') {
      this.#take('|');
      this.#canRepeat = false;
    } else if (first === '[') this.#class();
    else if (first === '\\') this.#escape();
    else this.#push(first);
    return false;
  }

  #take(text: string): void {
    this.#rest = this.#rest.slice(text.length);
  }

  #push(text: string, atom: Atom = { inner: [] }): void {
    this.#take(text);
    this.#groups.at(-1)?.push(atom);
    this.#canRepeat = true;
  }

  #repeat(operator: string, { times }: Pick<Atom, 'times'>, afterRepetition: boolean): true {
    const lazy = this.#rest[operator.length] === '?' ? '?' : '';
    if (afterRepetition) throw new Refused(`${operator} right behind another repetition`);
    if (!this.#canRepeat) throw new Refused(`${operator} with nothing before it to repeat`);
    const inner = this.#groups.at(-1)?.pop();
    const atom = { inner: inner ? [inner] : [], ...(times !== undefined && { times }) };
    if (!isWithin(atom, MOST_TIMES)) throw new Refused(`${operator} in a repetition of more than 1000 times`);
    this.#push(operator + lazy, atom);
    return true;
  }

  #open(): void {
    const flags = /^\(\?[imsU]*(?:-[imsU]+)?([:)])/.exec(this.#rest);
    const name = /^\(\?P?<\w+>/.exec(this.#rest)?.[0];
    if (flags?.[1] === ')') {
      this.#take(flags[0]);
      return;
    }
    const start = flags?.[0] ?? name ?? '(';
    if (start === '(' && this.#rest[1] === '?')
      throw new Refused(`${this.#rest.slice(0, 4)}, which Go does not know`);
    this.#take(start);
    this.#groups.push([]);
    this.#canRepeat = false;
  }

  #close(): void {
    const inner = this.#groups.length > 1 ? this.#groups.pop() : undefined;
    if (inner === undefined) throw new Refused('a ) without its (');
    this.#push(')', { inner });
  }

  #escape(): void {
    const literal = /^\\Q(.*?)(?:\\E|$)/s.exec(this.#rest);
    if (literal) {
      const [whole, text] = literal;
      if (text === '') this.#take(whole);
      else this.#push(whole);
      return;
    }
    const [known] = /^\\[AbBzdDsSwW]/.exec(this.#rest) ?? [];
    this.#push(known ?? this.#unicode() ?? this.#character().text);
  }

  /** `\pL` or `\p{Greek}`: which names there are is not looked at. */
  #unicode(): string | undefined {
    if (!/^\\[pP]/.test(this.#rest)) return undefined;
    const [found] = /^\\[pP](?:[CLMNPSZ]|\{\^?[a-z][a-z_ -]*\})/i.exec(this.#rest) ?? [];
    if (found === undefined) throw new Refused(`${this.#rest.slice(0, 3)}, which is no class of characters`);
    return found;
  }

  /** The character at the beginning, escaped or not. */
  #character(): { text: string; code: number } {
    if (!this.#rest.startsWith('\\')) {
      const [text] = this.#rest;
      if (text === undefined) throw new Refused('a [ without its ]');
      return { text, code: text.codePointAt(0) ?? 0 };
    }
    const [text, plain, octal, hex, long, control] = ESCAPED.exec(this.#rest) ?? [];
    const code =
      plain?.codePointAt(0) ??
      (octal === undefined ? undefined : parseInt(octal, 8)) ??
      (hex === undefined && long === undefined ? undefined : parseInt(hex ?? long ?? '', 16)) ??
      CONTROL[control ?? ''];
    if (text === undefined || code === undefined || code > LAST_CHARACTER)
      throw new Refused(`\\${Array.from(this.#rest)[1] ?? ''}, which means nothing to Go`);
    return { text, code };
  }

  #class(): void {
    this.#take(this.#rest.startsWith('[^') ? '[^' : '[');
    for (let first = true; first || !this.#rest.startsWith(']'); first = false) this.#member();
    this.#push(']');
  }

  #member(): void {
    const posix = POSIX.exec(this.#rest)?.[0];
    if (posix === undefined && /^\[:.*?:\]/s.test(this.#rest)) throw new Refused('an unknown class in [: :]');
    const several = posix ?? /^\\[dDsSwW]/.exec(this.#rest)?.[0] ?? this.#unicode();
    if (several !== undefined) {
      this.#take(several);
      return;
    }
    const low = this.#character();
    this.#take(low.text);
    if (!this.#rest.startsWith('-') || this.#rest.length < 2 || this.#rest[1] === ']') return;
    this.#take('-');
    const high = this.#character();
    this.#take(high.text);
    if (high.code < low.code) throw new Refused(`the range ${low.text}-${high.text}, which goes backwards`);
  }
}

/** How often `{2}`, `{2,}` or `{2,3}` repeats. */
function countOf(text: string, least: string, most: string | undefined): Pick<Atom, 'times'> {
  const isOpen = text.endsWith(',}');
  const [low, high] = [Number(least), isOpen ? -1 : Number(most ?? least)];
  if (low > MOST_TIMES || high > MOST_TIMES) throw new Refused(`${text}, which is more than 1000 times`);
  if (!isOpen && high < low) throw new Refused(`${text}, which goes backwards`);
  return { times: isOpen ? low : high };
}

/** Whether all that is counted in it comes to no more than that. */
function isWithin({ times = 0, inner }: Atom, most: number): boolean {
  if (times > most) return false;
  const left = times > 0 ? Math.floor(most / times) : most;
  return inner.every((atom) => isWithin(atom, left));
}
