import { paintFor } from './colour.js';
import { clip, printableText } from './format.js';
import type { LiveStep } from './live-run.js';
import { progressBar, progressText } from './progress-line.js';

/** Without a terminal, figures of one phase are written at most this often (milliseconds). */
const PLAIN_INTERVAL_MS = 10_000;

const CLEAR_LINE = '\r\u001b[K';

/** Where a follower shows what happens. All of it goes to stderr. */
export interface ProgressView {
  /** Shows what the run is doing; says each new trouble once. */
  update: (steps: readonly LiveStep[]) => void;
  /** A line that stays. */
  say: (text: string) => void;
  /** Leaves the terminal as it was. */
  close: () => void;
}

/** A bar that is redrawn on a terminal; lines, thinned, anywhere else. */
export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  const draw = stream.isTTY ? redrawing(stream) : thinned(stream);
  const paint = paintFor(stream);
  let lastTrouble = '';
  const say = (text: string): void => {
    draw.clear();
    stream.write(`${printableText(text)}\n`);
  };
  return {
    say,
    update(steps) {
      const [step] = steps;
      if (step === undefined) return;
      const trouble = step.trouble && `${step.trouble.type}: ${step.trouble.message}`;
      if (trouble !== undefined && trouble !== lastTrouble) {
        draw.clear();
        const before = `attempt ${String(Math.max(1, step.attempt - 1))} of ${step.name} failed`;
        stream.write(`${paint('yellow', before)}: ${printableText(trouble)}\n`);
      }
      lastTrouble = trouble ?? lastTrouble;
      draw.show(step);
    },
    close() {
      draw.clear();
    },
  };
}

interface Drawing {
  show(step: LiveStep): void;
  clear(): void;
}

function redrawing(stream: NodeJS.WriteStream): Drawing {
  let drawn = false;
  return {
    show(step) {
      stream.write(CLEAR_LINE + clip(progressBar(step, Date.now()), (stream.columns || 80) - 1));
      drawn = true;
    },
    clear() {
      if (drawn) stream.write(CLEAR_LINE);
      drawn = false;
    },
  };
}

function thinned(stream: NodeJS.WriteStream): Drawing {
  let lastText = '';
  let lastPhase = '';
  let lastAt = 0;
  return {
    show(step) {
      const now = Date.now();
      const phase = `${step.progress?.phase ?? step.name}/${String(step.started)}/${String(step.attempt)}`;
      const text = progressText(step, now);
      if (text === lastText || (phase === lastPhase && now - lastAt < PLAIN_INTERVAL_MS)) return;
      [lastText, lastPhase, lastAt] = [text, phase, now];
      stream.write(`${text}\n`);
    },
    clear: () => undefined,
  };
}
