import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';

/**
 * A fresh report on the host: one JSON object a line, readable by its owner only. The file is made with the first
 * entry, and replaces what an earlier attempt wrote. `close` fails with whatever kept an entry from being written.
 */
export async function openReport(path: string): Promise<{
  path: string;
  append(entry: object): void;
  close(): Promise<void>;
}> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  let stream: WriteStream | undefined;
  let ended: Promise<void> | undefined;
  return {
    path,
    append: (entry) => {
      stream ??= createWriteStream(path, { mode: 0o600 });
      ended ??= finished(stream);
      ended.catch(() => undefined); // `close` tells of it; until then it is nobody's unhandled rejection
      stream.write(`${JSON.stringify(entry)}\n`);
    },
    close: async () => {
      stream?.end();
      await ended;
    },
  };
}
