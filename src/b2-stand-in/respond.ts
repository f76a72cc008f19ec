import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { FaultAnswer } from './faults.js';
import { B2Error, errorReply, type Reply } from './protocol.js';

/** Sends an answer; a client that hangs up meanwhile is no error. */
export async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers, json, content } = reply;
  if (response.headersSent) return void response.destroy();
  if (content) {
    response.writeHead(status, headers);
    if (request.method === 'HEAD') response.end();
    else await pipeline(content(), response).catch(() => response.destroy());
    return;
  }
  const body = JSON.stringify(json);
  const type = {
    'Content-Type': 'application/json;charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
  };
  response.writeHead(status, { ...headers, ...type });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Lets a request go wrong as the fault says. */
export async function misbehave(
  answer: FaultAnswer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (answer === 'hang') return;
  if (answer === 'reset') return reset(request);
  const { status, code, message = 'Injected', retryAfter } = answer;
  return send(errorReply(new B2Error(status, code, message, retryAfter)), request, response);
}

/** Cuts the connection; in an upload not before some of the content has come. */
async function reset(request: IncomingMessage): Promise<void> {
  const isComing = !request.complete && Number(request.headers['content-length'] ?? 0) > 0;
  if (isComing) await new Promise((resolve) => request.once('data', resolve).once('close', resolve));
  request.socket.resetAndDestroy();
}

/** The error to answer with. What nobody foresaw is B2's 500, which clients retry. */
export function asB2Error(error: unknown): B2Error {
  if (error instanceof B2Error) return error;
  if (error instanceof z.ZodError) return new B2Error(400, 'bad_request', z.prettifyError(error));
  return new B2Error(500, 'internal_error', error instanceof Error ? error.message : String(error));
}
