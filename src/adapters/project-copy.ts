import type { FileHandle } from 'node:fs/promises';
import { HANDED, runProjectTool } from './project-tool.js';

/** All a copy has to keep. Named one by one: `cp -a` is silent about extended attributes it could not keep. */
const PRESERVED = '--preserve=mode,ownership,timestamps,links,xattr';

/** Copies a project to a path that does not exist yet. Hard links, holes, attributes, ACLs and times are kept, or it fails. */
export const copyProject = (source: FileHandle, copy: string, signal?: AbortSignal): Promise<void> =>
  runProjectTool({
    file: 'cp',
    args: ['-dR', '--one-file-system', '--sparse=auto', PRESERVED, '--', HANDED, copy],
    folder: source,
    signal,
  });

/** Makes everything on the filesystem of that folder durable. */
export const syncFilesystem = (path: string, signal?: AbortSignal): Promise<void> =>
  runProjectTool({ file: 'sync', args: ['-f', '--', path], signal });

/** Deletes all that is in a folder, but not the folder, never through a link and never on another filesystem. */
export const emptyFolder = (folder: FileHandle, signal?: AbortSignal): Promise<void> =>
  runProjectTool({
    file: 'find',
    args: ['-P', HANDED, '-xdev', '-mindepth', '1', '-delete'],
    folder,
    signal,
  });
