import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { strToU8, zipSync } from 'fflate';
import { fakeTool } from './fake-tool.js';

/** A shell script that says `restic 0.18.0 …`, as bzip2(1) packs it. */
export const RESTIC_BZ2 = Buffer.from(
  'QlpoOTFBWSZTWb5Smu8AAAZZgAAQeAH1QD7n3sAgAFREAQYGowEYMYmjNRtJ5IbSYmjJIQMQZbrACdFuBCLxXmZiB5T8eqhUq210Ve22OHf+gcPs9qfkR4hVeti7kinChIXylNd4',
  'base64',
);

/** A zip with a folder, as rclone's releases are. */
export function rcloneZip(script: string): Buffer {
  const folder = 'rclone-v1.71.2-linux-amd64';
  return Buffer.from(
    zipSync({
      [`${folder}/README.txt`]: strToU8('read me'),
      [`${folder}/rclone`]: strToU8(`#!/bin/sh\n${script}\n`),
    }),
  );
}

/** A tar.gz with the program at its root, as Temporal's releases are. */
export async function temporalTarGz(script: string): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fts-tar-'));
  try {
    await fakeTool(folder, 'temporal', script);
    const archive = path.join(folder, 'temporal.tar.gz');
    await execa('tar', ['-czf', archive, '-C', folder, 'temporal']);
    return await readFile(archive);
  } finally {
    await rm(folder, { recursive: true });
  }
}
