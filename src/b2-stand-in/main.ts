/**
 * The stand-in as a process: `node main.js --directory D --port P --keys FILE [--bucket NAME]… [--control]`.
 * FILE is a JSON array of keys. Prints `{"endpoint": …}` when it listens; ends on SIGTERM or SIGINT.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ApplicationKeySchema } from './access.js';
import { startB2StandIn } from './server.js';

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    port: { type: 'string', default: '0' },
    keys: { type: 'string' },
    bucket: { type: 'string', multiple: true, default: [] },
    control: { type: 'boolean', default: false },
  },
});
if (values.directory === undefined || values.keys === undefined)
  throw new Error('needed: --directory and --keys');

const standIn = await startB2StandIn({
  directory: values.directory,
  keys: z.array(ApplicationKeySchema).parse(JSON.parse(await readFile(values.keys, 'utf8'))),
  buckets: values.bucket,
  port: Number(values.port),
  control: values.control,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void standIn.close());
process.stdout.write(`${JSON.stringify({ endpoint: standIn.endpoint })}\n`);
