import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { OperationName } from './operations.js';

/** `/b2api/v1` to `/b2api/v4`. They differ in how an account is described and in what a restricted key may ask for. */
export type ApiVersion = 1 | 2 | 3 | 4;

/** A request that was understood, and not yet judged. */
export interface Call {
  operation: OperationName;
  version: ApiVersion;
  headers: IncomingHttpHeaders;
  /** What follows the operation in the path, split at its slashes, still percent-encoded. */
  target: readonly string[];
  query: URLSearchParams;
  /** The JSON body; undefined where the body is a file's content, or there is none. */
  parameters: unknown;
  request: IncomingMessage;
}

/** What a call is answered. `content` is opened only when it is sent, so not for HEAD. */
export interface Reply {
  status: number;
  headers?: OutgoingHttpHeaders;
  json?: unknown;
  content?: () => Readable;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

/** An answer that is no success, as B2 words it. `retryAfter` in seconds. */
export class B2Error extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export const badRequest = (message: string): B2Error => new B2Error(400, 'bad_request', message);

/** A parameter that may be left out or null, which is the same to B2. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

/** A success with a JSON object. */
export const ok = (json: object): Reply => ({ status: 200, json });

/** B2's error object, with the header by which it asks a client to wait. */
export function errorReply({ status, code, message, retryAfter }: B2Error): Reply {
  const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  return { status, headers, json: { status, code, message } };
}
