import type { FileHandle } from 'node:fs/promises';
import { openFolder } from '../project/tool.js';
import type { ToolStream } from '../tool-stream.js';

type Killable = Pick<ToolStream, 'kill'>;

/** Waits for a tool to start, and sees to it that it does not outlive the work. */
export type Started = <Tool extends Killable>(starting: Promise<Tool>) => Promise<Tool>;

/** Does work with tools in a folder, which is opened as `openFolder` does. Rejects with the signal's reason, once all of them have ended. */
export async function withFolder<T>(
  root: string,
  signal: AbortSignal | undefined,
  work: (folder: FileHandle, started: Started) => Promise<T>,
): Promise<T> {
  const folder = await openFolder(root);
  const tools: Killable[] = [];
  const killAll = (): Promise<unknown> => Promise.all(tools.map((tool) => tool.kill()));
  const abort = (): void => void killAll();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await work(folder, async (starting) => {
      const tool = await starting;
      tools.push(tool);
      signal?.throwIfAborted();
      return tool;
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    await killAll();
    await folder.close();
  }
}
