import type { OperationName } from './operations.js';

/** What a fault may look at to choose its requests. */
export interface FaultRequest {
  operation: OperationName;
  /** As B2 stores it; undefined where the operation names no file. */
  fileName?: string;
}

/** An error of B2's (`retryAfter` in seconds), a connection that is reset, or no answer for as long as it is open. */
export type FaultAnswer =
  | { status: number; code: string; message?: string | undefined; retryAfter?: number | undefined }
  | 'reset'
  | 'hang';

/** Something to go wrong, `times` times. */
export interface Fault {
  match: (request: FaultRequest) => boolean;
  answer: FaultAnswer;
  times: number;
  /** Whether the request goes unheard (the default), or is done and only its answer is lost. */
  moment?: 'before' | 'after' | undefined;
}

/** Faults that are still to come, oldest first. */
export class Faults {
  readonly #pending: Fault[] = [];

  inject(fault: Fault): void {
    this.#pending.push({ ...fault });
  }

  clear(): void {
    this.#pending.length = 0;
  }

  /** The fault that this request meets, which is then spent once. */
  take(request: FaultRequest): Fault | undefined {
    const index = this.#pending.findIndex(({ match, times }) => times > 0 && match(request));
    const fault = this.#pending[index];
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) this.#pending.splice(index, 1);
    return fault;
  }
}
