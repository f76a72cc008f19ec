import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { FaultRequest } from './faults.js';
import { percentDecoded } from './file-names.js';
import { isOperation, type OperationName } from './operations.js';
import { B2Error, badRequest, type ApiVersion, type Call } from './protocol.js';

/** Longest JSON body, in bytes: the checksums of 10,000 parts take half of it. */
const MAX_JSON_BYTES = 1_000_000;

const VERSIONS: Readonly<Record<string, ApiVersion>> = { v1: 1, v2: 2, v3: 3, v4: 4 };

/** Operations that have no JSON body. */
const WITHOUT_PARAMETERS: readonly OperationName[] = [
  ...(['b2_authorize_account', 'b2_upload_file', 'b2_upload_part'] as const),
  ...(['b2_download_file_by_id', 'b2_download_file_by_name'] as const),
];

const NamesFile = z.object({ fileName: z.string() });

/** Reads a request as far as it must be read to know what it wants. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  // Not `new URL`: it would resolve the dots in a file's name as if they were folders.
  const [path = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
  const [, root, ...rest] = path.split('/');
  const base = { headers: request.headers, query: new URLSearchParams(search), request };
  if (root === 'file')
    return {
      ...base,
      operation: 'b2_download_file_by_name',
      version: 1,
      target: rest,
      parameters: undefined,
    };
  const [versionName = '', operation = '', ...target] = rest;
  const version = VERSIONS[versionName];
  if (root !== 'b2api' || !version || !isOperation(operation))
    throw new B2Error(404, 'not_found', `No such operation: ${path}`);
  const parameters = WITHOUT_PARAMETERS.includes(operation) ? undefined : await readJson(request);
  return { ...base, operation, version, target, parameters };
}

/** What a fault sees of a call. */
export function faultView({ operation, headers, target, parameters }: Call): FaultRequest {
  const header = headers['x-bz-file-name'];
  if (typeof header === 'string') return { operation, fileName: percentDecoded(header) };
  if (operation === 'b2_download_file_by_name')
    return { operation, fileName: target.slice(1).map(percentDecoded).join('/') };
  const named = NamesFile.safeParse(parameters);
  return named.success ? { operation, fileName: named.data.fileName } : { operation };
}

/** The JSON object in a request's body. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw badRequest('The request is too long');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new B2Error(400, 'bad_json', 'The body of the request is not JSON');
  }
}
