import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { BUCKET, MASTER, remoteEnvironment, testStandIn } from './stand-in.js';

it('carries a restic repository through `rclone:`', async () => {
  const [standIn, folder] = [await testStandIn(), await temporaryFolder()];
  const env = {
    ...remoteEnvironment(standIn.endpoint, MASTER),
    RESTIC_PASSWORD: 'test',
    RESTIC_CACHE_DIR: join(folder, 'cache'),
  };
  const restic = async (...args: string[]) => {
    const { stdout } = await execa('restic', ['--repo', `rclone:b2:${BUCKET}/repository`, ...args], { env });
    return stdout;
  };
  const source = join(folder, 'source');
  await mkdir(source);
  await restic('init');
  for (const round of ['one', 'two']) {
    await writeFile(join(source, round), randomBytes(200_000));
    await restic('backup', source);
  }
  await restic('forget', '--keep-last', '1', '--prune');
  await restic('check', '--read-data');
  expect(JSON.parse(await restic('snapshots', '--json'))).toHaveLength(1);
  await restic('restore', 'latest', '--target', join(folder, 'restored'));
  expect(await readFile(join(folder, 'restored', source, 'one'))).toEqual(
    await readFile(join(source, 'one')),
  );

  // restic starts rclone with --b2-hard-delete: what it forgets is gone, and the key must have deleteFiles.
  expect(standIn.calls().byOperation.b2_delete_file_version).toBeGreaterThan(3);
  const versions = standIn.versions(BUCKET);
  expect(versions.filter(({ action }) => action === 'hide')).toEqual([]);
  expect(await readdir(join(standIn.directory, 'content'))).toHaveLength(versions.length);
});
