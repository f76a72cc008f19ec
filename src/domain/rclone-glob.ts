import { goRegexpProblem } from './go-regexp.js';

/** Why rclone refuses a pattern of its filters; undefined if it takes it. */
export function filterProblem(pattern: string): string | undefined {
  const translated = new Translation().of(pattern);
  return translated.problem ?? goRegexpProblem(translated.expression);
}

/** What is left of a pattern's translation to a regular expression that can be wrong (rclone's `fs/filter/glob.go`). */
class Translation {
  #expression = '';
  #stars = 0;
  #brackets = 0;
  #inBraces = false;
  #escaped = false;
  /** In `{{ … }}`, or right behind it. */
  #inside: 'glob' | 'expression' | 'end of expression' = 'glob';

  of(pattern: string): { expression: string; problem?: string } {
    let last = '';
    for (const character of pattern.replace(/^\//, '')) {
      const problem = this.#take(character, last);
      if (problem !== undefined) return { expression: '', problem };
      last = character;
    }
    const problem = this.#endStars() ?? this.#unfinished();
    return { expression: `^${this.#expression}$`, ...(problem !== undefined && { problem }) };
  }

  #take(character: string, last: string): string | undefined {
    if (this.#escaped) {
      this.#expression += character;
      this.#escaped = false;
      return undefined;
    }
    if (this.#inside === 'end of expression') {
      if (character === '}') {
        this.#expression = `${this.#expression.slice(0, -1)}})`;
        return undefined;
      }
      this.#inside = 'glob';
    }
    if (this.#inside === 'expression') {
      const ends = character === '}' && last === '}';
      this.#expression = ends ? `${this.#expression.slice(0, -1)})` : this.#expression + character;
      if (ends) this.#inside = 'end of expression';
      return undefined;
    }
    const stars = character === '*' ? undefined : this.#endStars();
    if (stars !== undefined) return stars;
    if (this.#brackets > 0) {
      this.#expression += character;
      this.#brackets += character === '[' ? 1 : character === ']' ? -1 : 0;
      return undefined;
    }
    return this.#takePlain(character, last);
  }

  #takePlain(character: string, last: string): string | undefined {
    switch (character) {
      case '\\':
        this.#escaped = true;
        break;
      case '*':
        this.#stars += 1;
        return undefined;
      case '[':
        this.#brackets = 1;
        break;
      case ']':
        return 'a ] without its [';
      case '{':
        if (!this.#inBraces) this.#expression += '(';
        else if (last === '{') this.#inside = 'expression';
        else return 'a { in another';
        this.#inBraces = !this.#inBraces;
        return undefined;
      case '}':
        if (!this.#inBraces) return 'a } without its {';
        this.#expression += ')';
        this.#inBraces = false;
        return undefined;
      case '?':
        this.#expression += '[^/]';
        return undefined;
      case ',':
        this.#expression += this.#inBraces ? '|' : ',';
        return undefined;
    }
    this.#expression += /[.+()|^$]/.test(character) ? `\\${character}` : character;
    return undefined;
  }

  #endStars(): string | undefined {
    const stars = this.#stars;
    this.#stars = 0;
    if (stars > 2) return 'more than two * in a row';
    this.#expression += ['', '[^/]*', '.*'][stars] ?? '';
    return undefined;
  }

  #unfinished(): string | undefined {
    if (this.#brackets > 0) return 'a [ without its ]';
    if (this.#inBraces) return 'a { without its }';
    return this.#inside === 'expression' ? 'a {{ without its }}' : undefined;
  }
}
