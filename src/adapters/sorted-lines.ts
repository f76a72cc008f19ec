import { endOf } from '../domain/exit-words.js';
import { FtsError } from '../domain/failures.js';
import { streamTool } from './tool-stream.js';

/** sort(1) keeps so much in memory, and the rest in files. */
const BUFFER = '32M';

/** Lines are handed over in blocks of about this size (characters). */
const BLOCK = 64 * 1024;

/** Lines of UTF-8 that come in any order and go out sorted by their bytes, however many they are. */
export interface SortedLines {
  /** A line without line end. Await `flush` now and then: until then it is kept in memory. */
  add(line: string): void;
  flush(): Promise<void>;
  /** All lines, block by block; nothing may be added any more. Fails with `ToolFailed` or `DestinationFull`. */
  blocks(): AsyncGenerator<string[]>;
  kill: () => Promise<void>;
}

/** Starts sort(1), which puts what it cannot keep into files in `folder` and removes them. */
export async function sortLines(folder: string): Promise<SortedLines> {
  let complaint = '';
  const sort = await streamTool({
    file: 'sort',
    args: [`--buffer-size=${BUFFER}`, `--temporary-directory=${folder}`],
    onComplaint: (line) => (complaint = line),
  });
  let pending: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    if (length === 0) return;
    const text = pending.join('');
    [pending, length] = [[], 0];
    await sort.write(text);
  };
  return {
    add: (line) => {
      pending.push(line, '\n');
      length += line.length + 1;
    },
    flush: async () => {
      if (length >= BLOCK) await flush();
    },
    blocks: async function* () {
      await flush();
      sort.close();
      const decoder = new TextDecoder();
      let rest = '';
      for await (const chunk of sort.output) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        yield lines;
      }
      const exitCode = await sort.end();
      if (exitCode !== 0) throw sortFailure(`sort ${endOf(exitCode)}: ${complaint}`);
    },
    kill: sort.kill,
  };
}

/** What it means that sort(1) failed, by what it said. */
export const sortFailure = (said: string): FtsError =>
  new FtsError(/no space left/i.test(said) ? 'DestinationFull' : 'ToolFailed', said);
