import { setTimeout as sleep } from 'node:timers/promises';
import { CONTROL_QUEUE, hostQueue } from '../../src/domain/queues.js';
import type { BenchEstate } from './estate.js';
import type { Figure } from './figure.js';

const SETTLE_MS = 10_000;
const MB = 1_000_000;

/** What the workers keep while nothing runs; asked before the first job and after the last. */
export async function measureMemory(estate: BenchEstate, when: string): Promise<Figure[]> {
  await sleep(SETTLE_MS);
  const megabytes = async (queue: string): Promise<number> => (await estate.residentMemory(queue)) / MB;
  const [host, control] = [await megabytes(hostQueue('here')), await megabytes(CONTROL_QUEUE)];
  return [
    { name: `host worker, idle ${when}`, unit: 'MB', values: [host], limit: 120, note: 'resident' },
    { name: `control worker, idle ${when}`, unit: 'MB', values: [control], limit: 230, note: 'resident' },
  ];
}
