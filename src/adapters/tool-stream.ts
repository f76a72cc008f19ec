import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { startSystemTool } from './system-tool.js';

export interface ToolStreamCall {
  file: string;
  args: readonly string[];
  /** The folder that is `HANDED` (`project/tool.ts`). */
  folder?: FileHandle;
  /** Hears each line of stderr, a byte a character. */
  onComplaint?: (line: string) => void;
}

/** One of the system's tools, read and written as it goes, in memory that does not grow with what passes through it. */
export interface ToolStream {
  output: AsyncIterable<Buffer>;
  /** Resolves when there is room for more. What a tool that has ended is given is lost, which `end` tells. */
  write(chunk: Buffer | string): Promise<void>;
  /** Says that no input follows; resolves to the exit code when the tool has ended and its output was read. */
  end(): Promise<number | null>;
  /** No more input; the output follows. */
  close(): void;
  /** Ends it, whatever is left. Resolves when it has ended; does nothing to one that has. */
  kill: () => Promise<void>;
}

/** Starts a tool, with `LC_ALL=C`. It dies with this process. Fails with `ToolMissing`. */
export async function streamTool({ file, args, folder, onComplaint }: ToolStreamCall): Promise<ToolStream> {
  const child = await startSystemTool(file, args, ['pipe', 'pipe', 'pipe', folder?.fd ?? 'ignore']);
  const { stdin, stdout, stderr } = child as typeof child & {
    stdin: Writable;
    stdout: Readable;
    stderr: Readable;
  };
  stdin.on('error', () => undefined); // it ended early, which its exit code tells
  createInterface({ input: stderr.setEncoding('latin1') }).on('line', (line) => onComplaint?.(line));
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  closed.catch(() => undefined); // `end` tells it
  const waiting: (() => void)[] = [];
  let isClosed = false;
  const wake = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  stdin.on('drain', wake);
  stdin.on('close', () => {
    isClosed = true;
    wake();
  });
  return {
    output: stdout as AsyncIterable<Buffer>,
    write: async (chunk) => {
      if (!stdin.write(chunk) && !isClosed) await new Promise<void>((go) => waiting.push(go));
    },
    end: () => {
      stdin.end();
      return closed;
    },
    close: () => void stdin.end(),
    kill: async () => {
      child.kill('SIGTERM');
      stdout.destroy(); // or it would wait for somebody to read it
      await closed.catch(() => undefined);
    },
  };
}
