import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { State } from '../adapters/state.js';
import { inWords } from './live-run.js';
import type { TimelineEntry } from './timeline.js';

const LogLine = z.looseObject({
  time: z.iso.datetime(),
  level: z.string(),
  msg: z.string(),
  runId: z.string(),
  activity: z.string().optional(),
  attempt: z.number().optional(),
  err: z.looseObject({ type: z.string().optional(), message: z.string() }).optional().catch(undefined),
});

/** What the workers of these queues logged about a run, as far as their logs are on this machine. */
export async function loggedLines(
  state: State,
  queues: readonly string[],
  runId: string,
): Promise<TimelineEntry[]> {
  const files = queues.flatMap((queue) => [`${queue}.jsonl.1`, `${queue}.jsonl`]);
  const entries = await Promise.all(files.map((file) => readLog(state.path('logs', file), runId)));
  return entries.flat();
}

/** A log that is not there, or not ours to read, has nothing to say. */
async function readLog(file: string, runId: string): Promise<TimelineEntry[]> {
  const entries: TimelineEntry[] = [];
  const stream = createReadStream(file);
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      if (!line.includes(runId)) continue; // most lines are of other runs, and parsing costs more than looking
      const entry = logEntry(line, runId);
      if (entry !== undefined) entries.push(entry);
    }
  } catch {
    return entries;
  } finally {
    stream.destroy();
  }
  return entries;
}

function logEntry(line: string, runId: string): TimelineEntry | undefined {
  const parsed = LogLine.safeParse(jsonOf(line)).data;
  if (parsed?.runId !== runId) return undefined;
  const { time, level, msg, activity, attempt, err } = parsed;
  return {
    at: time,
    source: 'worker',
    level,
    message: msg,
    ...(activity === undefined ? {} : { step: inWords(activity) }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(err === undefined ? {} : { error: { type: err.type ?? 'Error', message: err.message } }),
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a line cut short when its worker was killed
  }
}
