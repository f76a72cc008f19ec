import { type FileHandle, readFile } from 'node:fs/promises';
import { FtsError } from '../../domain/failures.js';
import { printableName } from '../../domain/names.js';
import { isMountedInto } from './mounts.js';
import { HANDED, handedPath, runProjectTool } from './tool.js';

/** All a copy has to keep. Named one by one: `cp -a` is silent about extended attributes it could not keep. */
const PRESERVED = '--preserve=mode,ownership,timestamps,links,xattr';

export interface CopyOptions {
  signal?: AbortSignal | undefined;
  /** Hears now and then how many bytes have been written. */
  onWritten?: (bytes: number) => void;
  lookEveryMs?: number;
}

/** Copies a project to a path that does not exist yet. Hard links, holes, attributes, ACLs and times are kept, or it fails. */
export async function copyProject(
  source: FileHandle,
  copy: string,
  { signal, onWritten = () => undefined, lookEveryMs = 1000 }: CopyOptions = {},
): Promise<void> {
  let pulse: NodeJS.Timeout | undefined;
  try {
    await runProjectTool({
      file: 'cp',
      args: ['-dR', '--one-file-system', '--sparse=auto', PRESERVED, '--', HANDED, copy],
      folder: source,
      signal,
      onStart: (pid) => {
        pulse = setInterval(() => void bytesWritten(pid).then(onWritten, () => undefined), lookEveryMs); // it may have ended
      },
    });
  } finally {
    clearInterval(pulse);
  }
}

/** What a process has written so far, by the kernel's count (`wchar` of proc(5), which copies within the kernel add to). */
async function bytesWritten(pid: number): Promise<number> {
  const counts = await readFile(`/proc/${String(pid)}/io`, 'latin1');
  return Number(/^wchar: (\d+)$/m.exec(counts)?.[1] ?? 0);
}

/** Makes everything on the filesystem of that folder durable. */
export const syncFilesystem = (path: string, signal?: AbortSignal): Promise<void> =>
  runProjectTool({ file: 'sync', args: ['-f', '--', path], signal });

/**
 * Deletes all that is in a folder, but not the folder, never through a link and never in another mount: fails with
 * `PathUnsafe` if there is one. Folders that are read-only stand in the way of anybody but root, and are opened first.
 */
export async function emptyFolder(folder: FileHandle, signal?: AbortSignal): Promise<void> {
  if (await isMountedInto(folder)) {
    const { path } = printableName(await handedPath(folder));
    throw new FtsError('PathUnsafe', `${path} cannot be deleted: something is mounted in it`);
  }
  const all = ['-P', HANDED, '-xdev', '-mindepth', '1'];
  if (process.getuid?.() !== 0) {
    await folder.chmod(0o700);
    const readOnly = ['-type', 'd', '!', '-perm', '-0700'];
    const args = [...all, ...readOnly, '-execdir', 'chmod', 'u+rwx', '--', '{}', ';'];
    await runProjectTool({ file: 'find', args, folder, signal });
  }
  await runProjectTool({ file: 'find', args: [...all, '-delete'], folder, signal });
}
