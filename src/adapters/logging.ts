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

/** So much waits for a full disk to have room again (bytes); what comes then is left out of the file. */
const WAITING_BYTES = 1024 ** 2;

/** A log that cannot be written, on a full disk or at the end of who reads it, ends nobody's work. */
function lenient(options: Parameters<typeof destination>[0] & object): ReturnType<typeof destination> {
  const stream = destination({ ...options, sync: true, maxLength: WAITING_BYTES });
  stream.on('error', () => undefined);
  return stream;
}

/** JSON lines on stderr and, where asked, in a file: `{time, level, component, msg, …}`, without any known secret. */
export function createLogger({ component, level = 'info', file }: LoggerOptions): Logger {
  const streams = [{ level, stream: lenient({ fd: 2 }) }];
  if (file !== undefined) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    streams.push({ level, stream: lenient({ dest: file, append: true, mode: 0o600 }) });
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
