import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Logger, destination, multistream, pino } from 'pino';
import { redact } from './redaction.js';

export interface LoggerOptions {
  /** Which process speaks: `control`, `host-motoko`. */
  component: string;
  /** pino level; default `info`. */
  level?: string;
  /** Also append to this file, made readable by its owner only. */
  file?: string;
}

/** JSON lines on stderr and, where asked, in a file: `{time, level, component, msg, …}`, without any known secret. */
export function createLogger({ component, level = 'info', file }: LoggerOptions): Logger {
  const streams = [{ level, stream: destination({ fd: 2, sync: true }) }];
  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    streams.push({ level, stream: destination({ dest: file, sync: true, append: true, mode: 0o600 }) });
  }
  return pino(
    {
      level,
      base: { component },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redact },
    },
    multistream(streams),
  );
}
