import type { BenchEstate } from './estate.js';
import { ESTATE } from './estate.js';
import type { Figure } from './figure.js';

/** Events and payloads of a job's last run. */
export async function measureHistory({ client }: BenchEstate, job: string): Promise<Figure[]> {
  const { events } = await client.workflow.getHandle(`${ESTATE}/${job}`).fetchHistory();
  const found = events ?? [];
  return [
    { name: `history of ${job}`, unit: 'events', values: [found.length], limit: 60 },
    { name: `biggest payload of ${job}`, unit: 'bytes', values: [biggestPayload(found)], limit: 16 * 1024 },
  ];
}

/** A payload is what has `metadata` and `data`, wherever in an event it stands. */
function biggestPayload(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  const { metadata, data } = value as { metadata?: unknown; data?: unknown };
  if (metadata && data instanceof Uint8Array) return data.length;
  return Math.max(0, ...Object.values(value).map(biggestPayload));
}
