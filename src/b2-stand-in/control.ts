import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { readJson } from './calls.js';
import { isOperation } from './operations.js';
import { B2Error, ok, type Reply } from './protocol.js';
import type { B2StandIn } from './server.js';

/** Below it lies what is not B2's: how another process makes things go wrong and looks at what is stored. */
export const CONTROL_PATH = '/control/';

const FaultRequest = z.strictObject({
  operation: z.string().refine(isOperation, 'no such operation').optional(),
  /** A regular expression. */
  fileName: z.string().optional(),
  answer: z.union([
    z.enum(['reset', 'hang']),
    z.strictObject({
      status: z.int().min(400).max(599),
      code: z.string(),
      message: z.string().optional(),
      retryAfter: z.int().optional(),
    }),
  ]),
  times: z.int().positive(),
  moment: z.enum(['before', 'after']).optional(),
});
const VersionsRequest = z.strictObject({ bucket: z.string() });
const LifecycleRequest = z.strictObject({ now: z.iso.datetime().optional() });
const DamageRequest = z.strictObject({ fileId: z.string() });

/** Answers POST `/control/<what>`: `faults`, `clear-faults`, `calls`, `versions`, `lifecycle`, `damage`, each with a JSON object. */
export async function control(request: IncomingMessage, standIn: B2StandIn): Promise<Reply> {
  const parameters = await readJson(request);
  switch ((request.url ?? '').slice(CONTROL_PATH.length)) {
    case 'faults': {
      const { operation, fileName, ...fault } = FaultRequest.parse(parameters);
      const name = fileName === undefined ? undefined : new RegExp(fileName, 'u');
      const match = (it: { operation: string; fileName?: string }): boolean =>
        (operation ?? it.operation) === it.operation && (name?.test(it.fileName ?? '') ?? true);
      standIn.faults.inject({ ...fault, match });
      return ok({});
    }
    case 'clear-faults':
      standIn.faults.clear();
      return ok({});
    case 'calls':
      return ok(standIn.calls());
    case 'versions':
      return ok({ versions: standIn.versions(VersionsRequest.parse(parameters).bucket) });
    case 'lifecycle': {
      const { now } = LifecycleRequest.parse(parameters);
      return ok({ acts: standIn.applyLifecycle(now === undefined ? undefined : new Date(now)) });
    }
    case 'damage':
      await standIn.damage(DamageRequest.parse(parameters).fileId);
      return ok({});
    default:
      throw new B2Error(404, 'not_found', `No such control: ${request.url ?? ''}`);
  }
}
