import { z } from 'zod';
import { READY_EVENT } from '../adapters/process-record.js';
import type { Paint } from './colour.js';
import { printableText } from './format.js';

const WORTH_SHOWING = new Set(['warn', 'error', 'fatal']);

/** A line of a worker's log, as `createLogger` writes it. */
const Line = z.object({
  level: z.string(),
  msg: z.string().default(''),
  event: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
  reason: z.string().optional(),
});

export interface ChildLine {
  /** The child does its work. */
  ready: boolean;
  /** What a person should see of it, if anything. */
  shown?: string;
}

/** Reads one line of a child's stderr. What is not a log line comes from a crash and is shown as it is. */
export function readChildLine(raw: string, child: string, paint: Paint): ChildLine {
  const line = parsed(raw);
  if (line === undefined)
    return raw.trim() === '' ? { ready: false } : { ready: false, shown: `${child}: ${printableText(raw)}` };
  const { level, msg, event, err, reason } = line;
  const ready = event === READY_EVENT;
  if (!WORTH_SHOWING.has(level)) return { ready };
  const cause = err?.message ?? reason;
  const text = printableText(`${msg}${cause === undefined ? '' : `: ${cause}`}`);
  return { ready, shown: `${paint(level === 'warn' ? 'yellow' : 'red', `${child}:`)} ${text}` };
}

function parsed(raw: string): z.output<typeof Line> | undefined {
  if (!raw.startsWith('{')) return undefined;
  try {
    return Line.safeParse(JSON.parse(raw)).data;
  } catch {
    return undefined;
  }
}
