import type { ConnectionLike } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { SearchAttribute } from '../src/domain/search-attributes.js';

/** Closed runs are kept this long (seconds): three months of history to look at. */
const RETENTION_SECONDS = 90 * 24 * 3600;

/** gRPC status codes of a server that will never do it: permission denied, not implemented, unauthenticated. */
const REFUSALS = new Set([7, 12, 16]);

const { INDEXED_VALUE_TYPE_KEYWORD } = proto.temporal.api.enums.v1.IndexedValueType;

/** What had to be done in the namespace, and what the server does not let us do (for people). */
export interface NamespacePreparation {
  done: string[];
  refused: string[];
}

/**
 * Sees to it that the namespace has our search attributes and keeps closed runs for 90 days at least. Safe to
 * repeat; a server that does not permit it (Temporal Cloud) is no error.
 */
export async function prepareNamespace(
  server: ConnectionLike,
  namespace: string,
): Promise<NamespacePreparation> {
  const steps = [ensureSearchAttributes(server, namespace), ensureRetention(server, namespace)];
  const preparation: NamespacePreparation = { done: [], refused: [] };
  for (const { done, refused } of await Promise.all(steps)) {
    preparation.done.push(...done);
    preparation.refused.push(...refused);
  }
  return preparation;
}

async function ensureSearchAttributes(
  server: ConnectionLike,
  namespace: string,
): Promise<NamespacePreparation> {
  const names = Object.values(SearchAttribute);
  return unlessRefused(`search attributes ${names.join(', ')} (Keyword)`, async () => {
    const { customAttributes } = await server.operatorService.listSearchAttributes({ namespace });
    const missing = names.filter((name) => !(name in customAttributes));
    if (missing.length === 0) return [];
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, INDEXED_VALUE_TYPE_KEYWORD]));
    await server.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return [`search attributes ${missing.join(', ')}`];
  });
}

async function ensureRetention(server: ConnectionLike, namespace: string): Promise<NamespacePreparation> {
  return unlessRefused('retention of 90 days', async () => {
    const { config } = await server.workflowService.describeNamespace({ namespace });
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= RETENTION_SECONDS) return [];
    await server.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION_SECONDS * 1000) },
    });
    return ['retention of 90 days'];
  });
}

async function unlessRefused(what: string, act: () => Promise<string[]>): Promise<NamespacePreparation> {
  try {
    return { done: await act(), refused: [] };
  } catch (error) {
    if (REFUSALS.has(grpcCode(error))) return { done: [], refused: [what] };
    throw error;
  }
}

const grpcCode = (error: unknown): number =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : -1;
