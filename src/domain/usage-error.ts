/** The request itself is wrong (exit code 2). `hint` says what to do instead, `suggestion` is the nearest name. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint?: string;
  readonly suggestion?: string;

  constructor(message: string, { hint, suggestion }: { hint?: string; suggestion?: string } = {}) {
    super(message);
    if (hint !== undefined) this.hint = hint;
    if (suggestion !== undefined) this.suggestion = suggestion;
  }
}
