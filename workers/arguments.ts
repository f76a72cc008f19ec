import { parseArgs } from 'node:util';
import { UsageError } from '../src/domain/usage-error.js';

/** What a worker process is told on its command line. */
export interface WorkerArguments {
  estate: string;
  host: string | undefined;
  asHost: boolean;
}

/** `--estate FILE [--host NAME [--as-host]]`. Anything else is a usage error. */
export function workerArguments(args: readonly string[]): WorkerArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      estate: { type: 'string' },
      host: { type: 'string' },
      'as-host': { type: 'boolean', default: false },
    },
  });
  if (values.estate === undefined) throw new UsageError('--estate FILE is missing');
  return { estate: values.estate, host: values.host, asHost: values['as-host'] };
}
