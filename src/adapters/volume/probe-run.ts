import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { endOf } from '../../domain/exit-words.js';
import type { ExpectedRoot } from '../../domain/sentinel.js';
import { askChild, expectQuestions } from './child-asked.js';

/** The compiled program; TypeScript that runs from source (tests) uses the one of the last build. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/src/adapters/volume/probe.js' : './probe.js',
    import.meta.url,
  ),
);

export interface ProbeRequest {
  /** Absolute. */
  root: string;
  /** Whether to read past the page cache. */
  direct: boolean;
  /** Given, a file is written and synced in a root that is as expected, and in no other. */
  expected?: ExpectedRoot;
}

const ProbeStep = z.enum(['root', 'space', 'sentinel', 'read', 'write']);
export type ProbeStep = z.infer<typeof ProbeStep>;

const Fault = z.object({ step: ProbeStep, code: z.string(), message: z.string() });

const ProbeReport = z.object({
  /** Where the root is when all links in its path are followed. */
  realPath: z.string().optional(),
  root: z.object({ device: z.string(), inode: z.string() }).optional(),
  space: z.object({ totalBytes: z.number(), freeBytes: z.number() }).optional(),
  /** Text of the sentinel. */
  sentinel: z.string().optional(),
  /** The step that failed; those after it were not taken. */
  fault: Fault.optional(),
});
/** What was found, step by step, up to the first that failed. */
export type ProbeReport = z.infer<typeof ProbeReport>;
export type ProbeFault = z.infer<typeof Fault>;

/** Starts the program that looks: that takes much longer than a look, and it waits for the first one. */
export const expectProbes = (): void => {
  expectQuestions(process.execPath, [PROGRAM]);
};

/**
 * Looks at a root in a child process. Never hangs and never throws: a child that does not answer in time is a
 * fault with the code `HUNG`, one that cannot do its work a fault with the code `FAILED`.
 */
export async function probeRoot(
  request: Omit<ProbeRequest, 'direct'>,
  deadlineMs: number,
): Promise<ProbeReport> {
  const direct = process.platform === 'linux';
  const answer = await askChild(process.execPath, [PROGRAM], {
    question: JSON.stringify({ ...request, direct }),
    key: request.root,
    deadlineMs,
  });
  const failed = (code: string, message: string): ProbeReport => ({ fault: { step: 'root', code, message } });
  switch (answer.kind) {
    case 'hung':
      return failed('HUNG', `no answer in ${String(Math.max(1, Math.round(deadlineMs / 1000)))} s`);
    case 'not-started':
      return failed('FAILED', answer.message);
    case 'ended':
      return failed('FAILED', `the probe ${endOf(answer.exitCode)}: ${answer.stderr.slice(0, 200)}`);
    case 'answered':
      try {
        return ProbeReport.parse(JSON.parse(answer.text), { jitless: true });
      } catch {
        return failed('FAILED', `the probe answered ${answer.text.slice(0, 200)}`);
      }
  }
}
